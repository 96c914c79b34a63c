import { sha1 } from '../changes/digest.ts'
import type { Alert, Delivery } from '../protocol/alerts.ts'
import type { Severity } from '../protocol/incidents.ts'

/** A delivery, of which team, and the alerts it tells of as far as they are shown. */
export interface MadeDelivery {
  readonly team: string
  readonly delivery: Delivery
  readonly alerts: readonly Alert[]
}

const MOST_SHOWN_ALERTS = 100

/** As it is shown: a message may tell of a thousand alerts. */
export const toShownDelivery = (delivery: Delivery): Delivery =>
  delivery.alerts.length <= MOST_SHOWN_ALERTS ? delivery : { ...delivery, alerts: delivery.alerts.slice(0, MOST_SHOWN_ALERTS) }

const WEIGHT: Readonly<Record<Severity, number>> = { critical: 0, high: 1, medium: 2, low: 3 }

/** The key of what is told: whoever puts the same alerts together gives it the same. `of` tells repeats apart. */
const deliveryId = (channel: string, group: string, alerts: readonly string[], of: string): string =>
  sha1(JSON.stringify([channel, group, alerts.toSorted(), of]))

/** Puts alerts of one group for one channel into one delivery, the most severe and oldest first. At least one alert. */
export const makeDelivery = ({
  team,
  kind,
  alerts,
  of,
  now,
}: {
  readonly team: string
  readonly kind: Delivery['kind']
  readonly alerts: readonly [Alert, ...Alert[]]
  /** `told`, or what tells one repeat from another. */
  readonly of: string
  readonly now: number
}): MadeDelivery => {
  const sorted = alerts.toSorted((a, b) => WEIGHT[a.severity] - WEIGHT[b.severity] || a.at - b.at || (a.id < b.id ? -1 : 1))
  const [first = alerts[0]] = sorted
  const ids = sorted.map(({ id }) => id)
  return {
    team,
    alerts: sorted,
    delivery: {
      id: deliveryId(first.channel, first.group, ids, of),
      channel: first.channel,
      kind,
      group: first.group,
      alerts: ids,
      alertCount: ids.length,
      title: sorted.length === 1 ? first.title : `${first.title} and ${sorted.length - 1} more`,
      severity: first.severity,
      status: 'pending',
      attempts: 0,
      refusals: 0,
      createdAt: now,
      startedAt: now,
      nextAttemptAt: now,
      sentAt: null,
      receipt: null,
      lastError: null,
    },
  }
}
