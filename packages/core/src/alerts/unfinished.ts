import type { Commit, Stored, Write } from '../ports/collections.ts'
import type { Alert, Delivery } from '../protocol/alerts.ts'
import { listAllRecords } from '../storage/list-records.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import { ALERTS, DELIVERIES } from './alert-records.ts'
import { MOST_ITEMS } from './to-notification.ts'

export interface TeamAlert {
  readonly team: string
  readonly alert: Alert
}

/** What an earlier process, or another, has not finished. */
export interface Unfinished {
  readonly alerts: readonly TeamAlert[]
  /** Pending, and those that were settled since the oldest of the alerts: they say which of these are told. */
  readonly deliveries: readonly { readonly team: string; readonly delivery: Delivery; readonly alerts: readonly Alert[] }[]
}

/** Reads what is unfinished from storage. Rejects where it does not answer. */
export const loadUnfinished = async (link: Pick<StorageLink, 'run'>): Promise<Unfinished> => {
  const ofStatus = (status: Alert['status']) =>
    listAllRecords(link, ALERTS, { scope: 'system', index: 'byStatus', equals: { status }, order: 'asc' })
  // Alerts first: what is made of them meanwhile is found after.
  const alerts = [...(await ofStatus('waiting')), ...(await ofStatus('held'))]
  const oldest = Math.min(...alerts.map(({ value }) => value.at))
  const pending = await listAllRecords(link, DELIVERIES, {
    scope: 'system',
    index: 'byStatus',
    equals: { status: 'pending' },
    order: 'asc',
  })
  const recent =
    alerts.length === 0
      ? []
      : await listAllRecords(link, DELIVERIES, {
          scope: 'system',
          index: 'byTime',
          equals: {},
          range: { from: oldest - CLOCKS_APART_MS },
          order: 'asc',
        })
  const deliveries = new Map([...recent, ...pending].map((stored) => [JSON.stringify([stored.team, stored.id]), stored]))
  return {
    alerts: alerts.map(({ team, value }) => ({ team, alert: value })),
    deliveries: await Promise.all([...deliveries.values()].map((stored) => withAlerts(link, stored))),
  }
}

/** How far the clocks of two processes may be apart. */
const CLOCKS_APART_MS = 600_000

/** A delivery with the alerts that it shows. */
export const withAlerts = async (link: Pick<StorageLink, 'run'>, { team, value: delivery }: Stored<Delivery>) => {
  // What is settled shows nothing any more.
  const ids = delivery.status === 'pending' ? delivery.alerts.slice(0, MOST_ITEMS) : []
  const found = ids.length === 0 ? [] : await link.run((driver) => driver.collection(ALERTS).load({ team }, ids))
  return { team, delivery, alerts: found.flatMap((stored) => (stored === null ? [] : [stored.value])) }
}

/** What is unfinished of the commits that wait in the spool. */
export const unfinishedIn = (commits: readonly Commit[]): Unfinished => {
  const inserts = commits.flatMap(({ write, then }) => [write, ...then]).filter(({ expected }) => expected === null)
  const of = (store: string): readonly Write[] => inserts.filter((insert) => insert.store === store)
  const alerts = of(ALERTS.name).map(({ team, value }) => ({ team, alert: ALERTS.parse(value) }))
  const byId = new Map(alerts.map(({ team, alert }) => [JSON.stringify([team, alert.id]), alert]))
  return {
    alerts,
    deliveries: of(DELIVERIES.name).map(({ team, value }) => {
      const delivery = DELIVERIES.parse(value)
      return {
        team,
        delivery,
        alerts: delivery.alerts.flatMap((id) => byId.get(JSON.stringify([team, id])) ?? []),
      }
    }),
  }
}
