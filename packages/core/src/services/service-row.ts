import type { ServiceEvaluation } from '../domain/service-evaluation.ts'
import type { ServiceDetail, ServiceRegionView, ServiceStatus, ServiceView } from '../protocol/services.ts'
import type { ServiceEntry } from './service-directory.ts'
import { checkOf } from './service-record.ts'
import { maskSpec } from './service-secrets.ts'

/** How a service is doing, as one process tells the others. */
export interface ShownService extends ServiceEvaluation {
  readonly team: string
  readonly name: string
  readonly openIncidents: number
  /** When it was judged, by the clock of who judged it. */
  readonly at: number
  readonly values: ServiceDetail['values']
}

/** What one process knows of a service. */
export interface ServiceRow {
  entry: ServiceEntry
  verdict: ServiceEvaluation
  openIncidents: number
  readonly values: Map<string, Readonly<Record<string, number>>>
  at: number
  /** Was it judged here last? */
  isOwn: boolean
  /** Counts what was told of it: in the list, and by itself with its numbers. */
  edition: number
  revision: number
  /** As it was told last in the list; null before the first time. */
  told: Listing | null
}

/** What a service's view in a list is made of. */
export interface Listing {
  readonly entry: ServiceEntry
  readonly openIncidents: number
  readonly standing: Standing
}

const waiting: ServiceEvaluation = { status: 'waiting', since: null, regions: [] }

/** A service of which nothing has been heard yet. */
export const freshRow = (entry: ServiceEntry, edition: number): ServiceRow => ({
  entry,
  verdict: waiting,
  openIncidents: 0,
  values: new Map(),
  at: 0,
  isOwn: false,
  edition,
  revision: edition,
  told: null,
})

/** Numbers of a region that are kept to be shown. */
const SHOWN_VALUES = 100

/** The last numbers of a region: each by its name, the oldest names first to go. */
export const keepValues = (row: ServiceRow, region: string, values: Readonly<Record<string, number>>): void => {
  const all = { ...row.values.get(region), ...values }
  const names = Object.keys(all)
  const kept = names.slice(-SHOWN_VALUES)
  row.values.set(region, kept.length === names.length ? all : Object.fromEntries(kept.map((name) => [name, all[name] as number])))
}

const regionsOf = ({ entry: { service }, verdict }: ServiceRow): readonly ServiceRegionView[] =>
  service.regions.map((region) => {
    const known = verdict.regions.find((view) => view.region === region)
    const view = known ?? { region, status: 'waiting', since: null, checkedAt: null, latencyMs: null, reason: null }
    const status = statusOf(service.enabled, view.status)
    return status === view.status ? view : { ...view, status }
  })

/** What of a service's view its verdict decides. */
export type Standing = Pick<ServiceView, 'status' | 'since' | 'regions'>

export const standingOf = (row: ServiceRow): Standing => ({
  status: statusOf(row.entry.service.enabled, row.verdict.status),
  since: row.verdict.since,
  regions: regionsOf(row),
})

const isSameRegion = (a: ServiceRegionView, b: ServiceRegionView): boolean =>
  a === b ||
  (a.region === b.region &&
    a.status === b.status &&
    a.since === b.since &&
    a.checkedAt === b.checkedAt &&
    a.latencyMs === b.latencyMs &&
    a.reason === b.reason)

export const isSameStanding = (a: Standing, b: Standing): boolean =>
  a.status === b.status &&
  a.since === b.since &&
  a.regions.length === b.regions.length &&
  a.regions.every((region, place) => isSameRegion(region, b.regions[place] as ServiceRegionView))

/** Is a status another? A reason that is worded anew is no turn. */
export const hasTurned = (before: Standing, after: Standing): boolean =>
  before.status !== after.status ||
  before.regions.length !== after.regions.length ||
  before.regions.some(({ region, status }, place) => {
    const next = after.regions[place]
    return next?.region !== region || next.status !== status
  })

export const listingOf = (row: ServiceRow): Listing => ({
  entry: row.entry,
  openIncidents: row.openIncidents,
  standing: standingOf(row),
})

const toView = ({ entry: { name, service, probe }, openIncidents, standing }: Listing): ServiceView => ({
  name,
  title: service.title,
  tags: service.tags,
  owner: service.owner ?? null,
  enabled: service.enabled,
  kind: probe !== null ? 'probe' : (checkOf(service)?.kind ?? 'report'),
  origin: service.origin,
  ...standing,
  openIncidents,
})

/** As a list shows it. */
export const viewOf = (row: ServiceRow): ServiceView => toView(listingOf(row))

/** Does a list show the same? An edit need not show. */
export const isSameListing = (a: Listing, b: Listing): boolean =>
  a.openIncidents === b.openIncidents &&
  isSameStanding(a.standing, b.standing) &&
  (a.entry === b.entry || JSON.stringify(toView(a)) === JSON.stringify(toView(b)))

/** With all there is to edit. */
export const detailOf = (row: ServiceRow): ServiceDetail => ({
  ...viewOf(row),
  service: maskSpec(row.entry.service),
  values: Object.fromEntries([...row.values].filter(([region]) => row.entry.service.regions.includes(region))),
})

/** As the other processes are told of it. */
export const shownOf = (row: ServiceRow): ShownService => ({
  team: row.entry.team,
  name: row.entry.name,
  ...row.verdict,
  openIncidents: row.openIncidents,
  at: row.at,
  values: Object.fromEntries(row.values),
})

/** What was judged before somebody paused it, or let it go on, no longer holds. */
export const statusOf = (isEnabled: boolean, status: ServiceStatus): ServiceStatus =>
  isEnabled ? (status === 'paused' ? 'waiting' : status) : 'paused'
