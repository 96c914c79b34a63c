import { z } from 'zod'
import type { CollectionDefinition } from '../ports/collections.ts'
import { isRecord } from '../protocol/is-record.ts'
import type { CheckSpec, Service, ServiceRegionView, ServiceSpec, ServiceStatus } from '../protocol/services.ts'

/**
 * What is stored of a service: one that was entered while running, or what was changed of one of the configuration. The two have ids of
 * their own, so that a stored service whose name the configuration takes is hidden, not lost.
 */
export type ServiceRecord =
  | ({ readonly kind: 'service'; readonly name: string } & ServiceSpec)
  | { readonly kind: 'override'; readonly name: string; readonly enabled: boolean }

const ServiceRecord = z.looseObject({ kind: z.enum(['service', 'override']), name: z.string() })

export const SERVICES: CollectionDefinition<ServiceRecord> = {
  name: 'core.services',
  parse: (raw) => ServiceRecord.parse(raw) as ServiceRecord,
  indexes: { byName: ['kind', 'name'] },
}

/** A name has no `:`: no stored service is called like an override. */
export const recordId = (kind: ServiceRecord['kind'], name: string): string => (kind === 'service' ? name : `config:${name}`)

/** How a service was doing when it last turned: for processes that are not told, and for restarts. */
export interface ServiceStatusRecord {
  readonly name: string
  readonly status: ServiceStatus
  readonly since: number | null
  readonly regions: readonly ServiceRegionView[]
  /** When it was judged, ms since the Unix epoch. */
  readonly at: number
}

const ServiceStatusRecord = z.looseObject({
  name: z.string(),
  status: z.string(),
  since: z.number().nullable(),
  regions: z.array(z.looseObject({ region: z.string(), status: z.string() })),
  at: z.number(),
})

export const SERVICE_STATUSES: CollectionDefinition<ServiceStatusRecord> = {
  name: 'core.servicestatus',
  parse: (raw) => ServiceStatusRecord.parse(raw) as unknown as ServiceStatusRecord,
  indexes: { byStatus: ['status', 'name'] },
}

export const SERVICE_COLLECTIONS = [SERVICES, SERVICE_STATUSES] as unknown as readonly CollectionDefinition<never>[]

const DEFAULT_INTERVAL_MS = 20_000
const LONGEST_DEFAULT_TIMEOUT_MS = 10_000

/** A service with every default filled in. */
export const toService = (name: string, spec: ServiceSpec, origin: Service['origin']): Service => {
  const intervalMs = spec.intervalMs ?? DEFAULT_INTERVAL_MS
  return {
    ...spec,
    name,
    title: spec.title ?? name,
    regions: spec.regions ?? ['default'],
    intervalMs,
    timeoutMs: spec.timeoutMs ?? Math.min(intervalMs, LONGEST_DEFAULT_TIMEOUT_MS),
    enabled: spec.enabled ?? true,
    tags: spec.tags ?? [],
    quorum: spec.quorum ?? 'majority',
    dependsOn: spec.dependsOn ?? [],
    origin,
  }
}

/** How it is checked; null for what reports itself. */
export const checkOf = ({ url, check }: Pick<ServiceSpec, 'url' | 'check'>): CheckSpec | null =>
  check ?? (url === undefined ? null : { kind: 'http', url })

/** The kind of a service that is expected to report itself in time. */
export const HEARTBEAT = 'heartbeat'

/** Is a service asked, or does it report itself? */
export const isChecked = (service: Pick<ServiceSpec, 'url' | 'check'>): boolean => {
  const check = checkOf(service)
  return check !== null && check.kind !== HEARTBEAT
}

/** The options of a check, without its kind. */
export const optionsOf = ({ kind: _, ...options }: CheckSpec): Readonly<Record<string, unknown>> => options

/** What was entered of a service, without what is only stored beside it. */
export const specOf = (record: ServiceRecord & { readonly kind: 'service' }): ServiceSpec => {
  const { kind: _kind, name: _name, ...spec } = record
  return spec
}

/** Is it a service that was read from storage in a form that can be shown? Another version of the software may have written it. */
export const isUsable = (record: ServiceRecord): boolean =>
  record.kind === 'override'
    ? typeof record.enabled === 'boolean'
    : (record.regions === undefined || Array.isArray(record.regions)) &&
      (record.tags === undefined || Array.isArray(record.tags)) &&
      (record.check === undefined || isRecord(record.check))
