import type { ServiceStatus, ServiceView } from '@sightline/core/protocol'
import { choiceParam, given, type Search, textParam } from '../address/search-param.ts'

/** From what needs somebody to what does not. */
export const statusOrder = [
  'down',
  'flapping',
  'degraded',
  'stale',
  'inconclusive',
  'maintenance',
  'waiting',
  'up',
  'paused',
] as const satisfies readonly ServiceStatus[]

export const serviceSorts = ['name', '-name', 'status', '-status', 'since', '-since', 'latency', '-latency'] as const

export type ServiceSort = (typeof serviceSorts)[number]

/** What the address says about which services to show, and in which order. Without a sort, by status. */
export interface ServiceFilter {
  readonly q?: string
  readonly tag?: string
  readonly status?: ServiceStatus
  readonly sort?: ServiceSort
}

/** Reads the address loosely: what does not fit is left out. */
export const parseServiceFilter = (search: Search): ServiceFilter =>
  given({
    q: textParam(search.q),
    tag: textParam(search.tag),
    status: choiceParam(search.status, statusOrder),
    sort: choiceParam(search.sort, serviceSorts),
  })

/** The slowest of its regions. */
export const latencyOf = ({ regions }: ServiceView): number | null =>
  regions.reduce<number | null>((most, { latencyMs }) => (latencyMs === null ? most : Math.max(most ?? 0, latencyMs)), null)

// `localeCompare` would look up the language anew for each pair of some ten thousand.
const { compare } = new Intl.Collator()

const byTitle = (a: ServiceView, b: ServiceView): number => compare(a.title, b.title) || compare(a.name, b.name)

const rankOf = new Map<ServiceStatus, number>(statusOrder.map((status, index) => [status, index]))

const byStatus = (a: ServiceView, b: ServiceView): number => (rankOf.get(a.status) ?? 0) - (rankOf.get(b.status) ?? 0)

const orders: Readonly<Record<'name' | 'status' | 'since' | 'latency', (a: ServiceView, b: ServiceView) => number>> = {
  name: byTitle,
  status: byStatus,
  since: (a, b) => (a.since ?? 0) - (b.since ?? 0),
  latency: (a, b) => (latencyOf(a) ?? -1) - (latencyOf(b) ?? -1),
}

/** The services that every word fits, by title, name, tag, owner or region; ties stand by title. */
export const arrangeServices = (
  services: readonly ServiceView[],
  { q = '', tag, status, sort = 'status' }: ServiceFilter,
): readonly ServiceView[] => {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean)
  const shown = services.filter((service) => {
    if (tag !== undefined && !service.tags.includes(tag)) return false
    if (status !== undefined && service.status !== status) return false
    if (words.length === 0) return true
    const regions = service.regions.map(({ region }) => region)
    const text = [service.title, service.name, service.owner ?? '', ...service.tags, ...regions].join(' ').toLowerCase()
    return words.every((word) => text.includes(word))
  })
  const order = orders[sort.replace('-', '') as keyof typeof orders]
  const direction = sort.startsWith('-') ? -1 : 1
  return shown.toSorted((a, b) => direction * order(a, b) || byTitle(a, b))
}

export const tagsOf = (services: readonly ServiceView[]): readonly string[] =>
  [...new Set(services.flatMap(({ tags }) => tags))].sort(compare)

/** How many are in each status. */
export const countStatuses = (services: readonly ServiceView[]): Readonly<Partial<Record<ServiceStatus, number>>> => {
  const counts: Partial<Record<ServiceStatus, number>> = {}
  for (const { status } of services) counts[status] = (counts[status] ?? 0) + 1
  return counts
}
