import type { Schedule } from '@sightline/core/ports'

/** What is to be so at the server: a schedule, or null for none. */
export type Intent = readonly [id: string, schedule: Schedule | null]

/** What this process wants of the schedules, and what of it the server has not been told yet. */
export interface Intents {
  /** Those that it has put, and nobody has removed. */
  readonly ownIds: readonly string[]
  readonly untold: readonly Intent[]
  put(schedules: readonly Schedule[]): void
  remove(ids: readonly string[]): void
  isRemoved(id: string): boolean
  told(intents: readonly Intent[]): void
  /** The server may have forgotten: it is told everything again. */
  repeat(): void
  /** Somebody else has removed them. */
  letGo(ids: readonly string[]): void
}

export const createIntents = (): Intents => {
  const own = new Map<string, Schedule>()
  const untold = new Map<string, Schedule | null>()
  const removed = new Set<string>()

  return {
    get ownIds() {
      return [...own.keys()]
    },
    get untold() {
      return [...untold]
    },
    put: (schedules) => {
      for (const schedule of schedules) {
        removed.delete(schedule.id)
        own.set(schedule.id, schedule)
        untold.set(schedule.id, schedule)
      }
    },
    remove: (ids) => {
      for (const id of ids) {
        own.delete(id)
        untold.set(id, null)
        removed.add(id)
      }
    },
    isRemoved: (id) => removed.has(id),
    told: (intents) => {
      // What was asked for meanwhile stays.
      for (const [id, schedule] of intents) if (untold.get(id) === schedule) untold.delete(id)
    },
    repeat: () => {
      for (const [id, schedule] of own) if (!untold.has(id)) untold.set(id, schedule)
    },
    letGo: (ids) => {
      for (const id of ids) if (!untold.has(id)) own.delete(id)
    },
  }
}
