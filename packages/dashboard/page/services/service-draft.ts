import type { CheckSpec, Quorum, Service, ServiceSpec } from '@sightline/core/protocol'
import { checkFieldsOf } from './check-fields.ts'

/** A service as it stands in the form: all of it text. */
export interface ServiceDraft {
  readonly name: string
  readonly title: string
  readonly description: string
  /** `report` where it is not checked. */
  readonly kind: string
  /** By the option's name. */
  readonly options: Readonly<Record<string, string>>
  /** What has no field of its own, as JSON. */
  readonly moreOptions: string
  readonly regions: string
  readonly intervalSeconds: string
  readonly timeoutSeconds: string
  readonly tags: string
  readonly owner: string
  readonly quorum: string
  readonly dependsOn: string
}

export const emptyDraft: ServiceDraft = {
  name: '',
  title: '',
  description: '',
  kind: 'http',
  options: {},
  moreOptions: '',
  regions: '',
  intervalSeconds: '20',
  timeoutSeconds: '',
  tags: '',
  owner: '',
  quorum: 'majority',
  dependsOn: '',
}

/** What is wrong, by the field's path: `check.url`. The empty path is about the whole. */
export type Faults = Readonly<Record<string, string>>

export const splitNames = (text: string): readonly string[] => [
  ...new Set(
    text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  ),
]

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The check of a draft; null where it is not checked. */
export const checkOf = ({ kind, options, moreOptions }: ServiceDraft): { check: CheckSpec | null; faults: Faults } => {
  if (kind === 'report') return { check: null, faults: {} }
  const faults: Record<string, string> = {}
  const given: Record<string, unknown> = {}
  if (moreOptions.trim() !== '') {
    try {
      const parsed: unknown = JSON.parse(moreOptions)
      if (isObject(parsed)) Object.assign(given, parsed)
      else faults.check = 'must be a JSON object, such as { "method": "HEAD" }'
    } catch {
      faults.check = 'is not valid JSON'
    }
  }
  for (const { name, label, type, isRequired } of checkFieldsOf(kind)) {
    const text = options[name]?.trim() ?? ''
    if (text === '') {
      if (isRequired) faults[`check.${name}`] = `${label} is missing`
    } else if (type === 'number') given[name] = Number(text)
    else if (type === 'lines')
      given[name] = text
        .split('\n')
        .map((line) => line.trim())
        .filter(Boolean)
    else given[name] = text
  }
  return { check: { ...given, kind }, faults }
}

const toMs = (seconds: string): number => Math.round(Number(seconds) * 1_000)

/** The service of a draft as it is sent, and what can be told to be wrong before. */
export const specOf = (draft: ServiceDraft): { spec: ServiceSpec; faults: Faults } => {
  const { check, faults } = checkOf(draft)
  const regions = splitNames(draft.regions)
  const quorum = /^\d+$/.test(draft.quorum) ? Number(draft.quorum) : (draft.quorum as Quorum)
  const spec: ServiceSpec = {
    ...(draft.title.trim() === '' ? {} : { title: draft.title.trim() }),
    ...(draft.description.trim() === '' ? {} : { description: draft.description.trim() }),
    ...(check === null ? {} : { check }),
    ...(regions.length === 0 ? {} : { regions }),
    ...(draft.intervalSeconds.trim() === '' ? {} : { intervalMs: toMs(draft.intervalSeconds) }),
    ...(draft.timeoutSeconds.trim() === '' ? {} : { timeoutMs: toMs(draft.timeoutSeconds) }),
    ...(draft.owner.trim() === '' ? {} : { owner: draft.owner.trim() }),
    tags: splitNames(draft.tags),
    quorum,
    dependsOn: splitNames(draft.dependsOn),
  }
  return { spec, faults: draft.name.trim() === '' ? { ...faults, name: 'Name is missing' } : faults }
}

const optionalFields = ['title', 'description', 'check', 'url', 'regions', 'owner', 'intervalMs', 'timeoutMs'] as const

/** As an edit: what was taken out of the form is taken away from the service. */
export const changesOf = (spec: ServiceSpec, before: Service): { [K in keyof ServiceSpec]?: ServiceSpec[K] | null } => ({
  ...Object.fromEntries(
    optionalFields.filter((field) => spec[field] === undefined && before[field] !== undefined).map((field) => [field, null]),
  ),
  ...spec,
})

/** A stored service in the form. Secrets are `***`, which keeps them. */
export const draftOf = (service: Service): ServiceDraft => {
  const check = service.check ?? (service.url === undefined ? null : { kind: 'http', url: service.url })
  const own = new Map(check === null ? [] : checkFieldsOf(check.kind).map((field) => [field.name, field.type]))
  const options: Record<string, string> = {}
  const more: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(check ?? {})) {
    if (name === 'kind') continue
    if (own.get(name) === 'lines' && Array.isArray(value)) options[name] = value.join('\n')
    else if (own.has(name)) options[name] = String(value)
    else more[name] = value
  }
  return {
    name: service.name,
    title: service.title === service.name ? '' : service.title,
    description: service.description ?? '',
    kind: check?.kind ?? 'report',
    options,
    moreOptions: Object.keys(more).length === 0 ? '' : JSON.stringify(more, null, 2),
    regions: service.regions.join(', '),
    intervalSeconds: String(service.intervalMs / 1_000),
    timeoutSeconds: String(service.timeoutMs / 1_000),
    tags: service.tags.join(', '),
    owner: service.owner ?? '',
    quorum: String(service.quorum),
    dependsOn: service.dependsOn.join(', '),
  }
}

/** What a server found wrong, as the form shows it. Paths of an edit are those of its changes. */
export const faultsOf = (fields: readonly { readonly path: string; readonly message: string }[]): Faults =>
  Object.fromEntries(fields.map(({ path, message }) => [path.replace(/^changes\./, '').replace(/^url$/, 'check.url'), message]))

/** What is wrong with a field, or with a part of it. */
export const faultAt = (faults: Faults, path: string): string | undefined =>
  faults[path] ?? Object.entries(faults).find(([each]) => each.startsWith(`${path}.`))?.[1]

/** What is wrong with none of the fields that are shown. */
export const otherFaults = (faults: Faults, shown: readonly string[]): readonly string[] =>
  Object.entries(faults)
    .filter(([path]) => !shown.some((each) => path === each || path.startsWith(`${each}.`)))
    .map(([path, message]) => (path === '' ? message : `${path}: ${message}`))
