import type { PollerStatus } from '@sightline/core/protocol'
import { isTrouble } from '../regions/region-filter.ts'

export const sorts = ['target', 'latency', 'failures', 'changes', 'checked'] as const

export type Sort = (typeof sorts)[number]

/** What the address says about which pollers to show, and in which order. `-` sorts the greatest first. */
export interface PollerFilter {
  readonly q?: string
  readonly show?: 'trouble'
  readonly sort?: Sort | `-${Sort}`
}

/** Reads the address loosely: what does not fit is left out. */
export const parsePollerFilter = (search: Readonly<Record<string, unknown>>): PollerFilter => {
  const q = typeof search.q === 'number' ? String(search.q) : search.q
  const sort = sorts.flatMap((name) => [name, `-${name}`] as const).find((name) => name === search.sort)
  return {
    ...(typeof q === 'string' && q !== '' ? { q: q.slice(0, 200) } : {}),
    ...(search.show === 'trouble' ? { show: search.show } : {}),
    ...(sort === undefined ? {} : { sort }),
  }
}

const figures: Readonly<Record<Exclude<Sort, 'target'>, (poller: PollerStatus) => number>> = {
  latency: ({ latencyMs }) => latencyMs ?? 0,
  failures: ({ failures }) => failures,
  changes: ({ changes }) => changes,
  checked: ({ checkedAt }) => checkedAt ?? 0,
}

const severity = ({ state }: PollerStatus): number => (state === 'open' ? 2 : state === 'failing' ? 1 : 0)

/** Without a sort, what is in trouble comes first; ties stand by api and region. */
export const arrangePollers = <P extends PollerStatus & { readonly label?: string }>(
  pollers: readonly P[],
  { q = '', show, sort }: PollerFilter,
): readonly P[] => {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean)
  const shown = pollers.filter(({ api, region, state, label = '' }) => {
    const text = `${api} ${region} ${label}`.toLowerCase()
    return (show === undefined || isTrouble(state)) && words.every((word) => text.includes(word))
  })
  const byName = (a: PollerStatus, b: PollerStatus) => a.api.localeCompare(b.api) || a.region.localeCompare(b.region)
  if (sort === undefined) return shown.toSorted((a, b) => severity(b) - severity(a) || byName(a, b))
  const name = sort.replace('-', '') as Sort
  const direction = sort.startsWith('-') ? -1 : 1
  const order = name === 'target' ? byName : (a: PollerStatus, b: PollerStatus) => figures[name](a) - figures[name](b)
  return shown.toSorted((a, b) => direction * order(a, b) || byName(a, b))
}
