import type { Alert, Delivery } from '@sightline/core/protocol'
import { choiceParam, given, type Search, textParam } from '../address/search-param.ts'

export const alertViews = ['alerts', 'deliveries', 'channels', 'silences', 'maintenance', 'routes'] as const

export type AlertViewName = (typeof alertViews)[number]

export const alertStatuses = ['waiting', 'held', 'sent', 'dead', 'dropped'] as const satisfies readonly Alert['status'][]

export const deliveryStatuses = ['pending', 'sent', 'dead'] as const satisfies readonly Delivery['status'][]

/** What the address says about what to show of alerts. Without a view, the alerts themselves. */
export interface AlertView {
  readonly view?: Exclude<AlertViewName, 'alerts'>
  readonly status?: Alert['status'] | Delivery['status']
  readonly channel?: string
}

/** Reads the address loosely: what does not fit is left out. */
export const parseAlertView = (search: Search): AlertView =>
  given({
    view: choiceParam(search.view, ['deliveries', 'channels', 'silences', 'maintenance', 'routes'] as const),
    status: choiceParam(search.status, [...alertStatuses, 'pending'] as const),
    channel: textParam(search.channel),
  })

/** Those of a channel and a status that fit, the newest first. */
export const filterByView = <T extends { readonly id: string; readonly channel: string; readonly status: string }>(
  items: readonly T[],
  { view: { status, channel }, at }: { readonly view: AlertView; readonly at: (item: T) => number },
): readonly T[] =>
  items
    .filter((item) => (status === undefined || item.status === status) && (channel === undefined || item.channel === channel))
    .toSorted((a, b) => at(b) - at(a) || (a.id < b.id ? 1 : -1))

/** Items of a live topic and of pages of what is stored; the live one is newer. */
export const joinById = <T extends { readonly id: string }>(live: readonly T[], stored: readonly T[]): readonly T[] => {
  const all = new Map(stored.map((item) => [item.id, item]))
  for (const item of live) all.set(item.id, item)
  return [...all.values()]
}

/** By whom an alert is held, in words. */
export const heldByWords = (heldBy: string | null): string => {
  if (heldBy === null) return 'held'
  if (heldBy === 'parent') return 'held: what it depends on is down'
  if (heldBy === 'quiet-hours') return 'held by quiet hours'
  return heldBy.startsWith('maintenance:')
    ? 'held by maintenance'
    : heldBy.startsWith('silence:')
      ? 'held by a silence'
      : `held by ${heldBy}`
}
