import type { Stored } from '../ports/collections.ts'
import type { Alert, Delivery } from '../protocol/alerts.ts'
import { listAllRecords } from '../storage/list-records.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import { ALERTS, DELIVERIES } from './alert-records.ts'
import type { Told } from './due-alerts.ts'

/** What the channels know: which incidents were told of and are not over. */
export interface ToldAlerts {
  readonly all: readonly Told[]
  /** A delivery of these alerts was made. */
  tell(team: string, delivery: Delivery, alerts: readonly Alert[]): void
  /** Is everything known that was told of the incident? */
  knows(team: string, incident: string): boolean
  /** It began before the eyes of this process: nothing was told before. */
  begin(team: string, incident: string): void
  /** Reads what was told of an incident. Rejects where storage does not answer. */
  learn(team: string, incident: string): Promise<void>
  /** Forgets incidents that are over; `isActive` says which are not. */
  prune(isActive: (team: string, incident: string) => boolean): void
  clear(): void
}

/** What is known of incidents that are over is kept up to so many. */
const MOST_KNOWN = 10_000

export const createToldAlerts = ({ link }: { readonly link: Pick<StorageLink, 'run'> }): ToldAlerts => {
  const told = new Map<string, Told>()
  const known = new Map<string, { readonly team: string; readonly incident: string }>()

  const pairOf = (team: string, { channel, incident }: Alert): string => JSON.stringify([team, channel, incident])
  const incidentOf = (team: string, incident: string): string => JSON.stringify([team, incident])

  const note = (team: string, alert: Alert, toldAt: number): void => {
    const pair = pairOf(team, alert)
    if (alert.kind === 'resolved') told.delete(pair)
    // Steady again, it still fires.
    else told.set(pair, { team, alert: alert.kind === 'steady' ? { ...alert, kind: 'firing' } : alert, toldAt })
  }

  const lastDelivery = async (team: string, { channel, group }: Alert): Promise<Stored<Delivery> | undefined> =>
    (
      await link.run((driver) =>
        driver.collection(DELIVERIES).list({ team }, { index: 'byGroup', equals: { channel, group }, order: 'desc', limit: 1 }),
      )
    ).items[0]

  const readAlerts = async (team: string, incident: string): Promise<readonly Alert[]> => {
    const items = await listAllRecords(link, ALERTS, {
      scope: { team },
      index: 'byIncident',
      equals: { incident },
      order: 'asc',
    })
    return items.map(({ value }) => value)
  }

  const begin = (team: string, incident: string): void => {
    known.set(incidentOf(team, incident), { team, incident })
  }

  return {
    get all() {
      return [...told.values()]
    },
    tell: (team, delivery, alerts) => {
      for (const alert of alerts) {
        const before = told.get(pairOf(team, alert))
        note(team, delivery.kind === 'repeat' && before !== undefined ? before.alert : alert, delivery.createdAt)
      }
    },
    knows: (team, incident) => known.has(incidentOf(team, incident)),
    begin,
    learn: async (team, incident) => {
      const alerts = (await readAlerts(team, incident)).filter(({ delivery }) => delivery !== null)
      const lastOf = new Map(alerts.map((alert) => [alert.channel, alert]))
      for (const alert of lastOf.values()) {
        if (alert.kind === 'resolved' || told.has(pairOf(team, alert))) continue
        const last = await lastDelivery(team, alert)
        note(team, alert, last?.value.createdAt ?? alert.at)
      }
      begin(team, incident)
    },
    prune: (isActive) => {
      for (const [key, { team, incident }] of known) {
        if (known.size <= MOST_KNOWN) break
        if (!isActive(team, incident)) known.delete(key)
      }
    },
    clear: () => {
      told.clear()
      known.clear()
    },
  }
}
