import type { Clock } from '../ports/clock.ts'
import type { Alert } from '../protocol/alerts.ts'
import { createHandledKeys } from './handled-keys.ts'
import type { QueuedAlert } from './settle-alerts.ts'
import type { TeamAlert } from './unfinished.ts'

export interface AlertQueueOptions {
  readonly clock: Pick<Clock, 'now'>
  patchAlert(team: string, id: string, change: (alert: Alert) => Alert): void
}

/** Alerts that wait to be told. Once out of it, in a delivery or dropped, one does not come back, however late storage knows of that. */
export interface AlertQueue {
  readonly size: number
  /** As of now. */
  all(): readonly QueuedAlert[]
  enter(entry: TeamAlert): void
  /** What holds it, null where nothing does. */
  hold(entry: QueuedAlert, by: string | null): void
  /** It is in a delivery, or dropped. Answers with the one that waited, and whether that is news. */
  leave(team: string, id: string): { readonly waited: Alert | null; readonly isNews: boolean }
  clear(): void
}

const keyOf = (team: string, id: string): string => JSON.stringify([team, id])

export const createAlertQueue = ({ clock, patchAlert }: AlertQueueOptions): AlertQueue => {
  const queued = new Map<string, QueuedAlert>()
  const left = createHandledKeys()
  return {
    get size() {
      return queued.size
    },
    all: () => {
      const now = clock.now()
      // The wall clock was set back: what waits does not wait until it is there again.
      for (const [key, entry] of queued) if (entry.seenAt > now) queued.set(key, { ...entry, seenAt: now })
      return [...queued.values()]
    },
    enter: ({ team, alert }) => {
      const key = keyOf(team, alert.id)
      if (!queued.has(key) && !left.has(key)) queued.set(key, { team, alert, seenAt: clock.now() })
    },
    hold: (entry, heldBy) => {
      if (entry.alert.heldBy === heldBy) return
      const status = heldBy === null ? 'waiting' : 'held'
      queued.set(keyOf(entry.team, entry.alert.id), { ...entry, alert: { ...entry.alert, status, heldBy } })
      patchAlert(entry.team, entry.alert.id, (alert) => ({ ...alert, status, heldBy }))
    },
    leave: (team, id) => {
      const key = keyOf(team, id)
      const waited = queued.get(key)?.alert ?? null
      const isNews = !left.has(key)
      queued.delete(key)
      left.add(key)
      return { waited, isNews }
    },
    clear: () => {
      queued.clear()
      left.clear()
    },
  }
}
