import { SightlineError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { CollectionDefinition, Commit, Stored } from '../ports/collections.ts'
import type { Logger } from '../ports/logger.ts'
import type { StorageLink } from '../storage/storage-link.ts'

export interface TallyWriterOptions<T> {
  readonly link: Pick<StorageLink, 'run' | 'state'>
  readonly clock: Clock
  readonly logger: Logger
  readonly randomId: () => string
  readonly collection: CollectionDefinition<T>
  /** What is stored and what came since, as one. The same in any order. */
  merge(stored: T, added: T): T
  /** Records that wait at most: what is new beyond it is not counted. */
  readonly maxWaiting: number
}

/** Adds to records that every process adds to: gathered here, then merged into what is stored. */
export interface TallyWriter<T> {
  /** What found no room. */
  readonly dropped: number
  add(team: string, id: string, value: T): void
  /** What is not stored yet. */
  waiting(team: string): readonly T[]
  /** Never rejects: what storage did not take is tried again with the next. One at a time. */
  flush(): Promise<void>
}

interface Tally<T> {
  readonly team: string
  readonly id: string
  added: T | null
  /** A write whose outcome is not known: it is repeated as it was before anything is added to it. */
  unsettled: { readonly commit: Commit; readonly added: T } | null
}

const ATTEMPTS = 5
const RECORDS_PER_STEP = 50

export const createTallyWriter = <T>(options: TallyWriterOptions<T>): TallyWriter<T> => {
  const { link, clock, logger, randomId, collection, merge, maxWaiting } = options
  const tallies = new Map<string, Tally<T>>()
  let dropped = 0
  let flushing: Promise<void> | null = null

  const keyOf = (team: string, id: string): string => JSON.stringify([team, id])

  const add = (team: string, id: string, value: T): void => {
    const key = keyOf(team, id)
    const tally = tallies.get(key)
    if (tally !== undefined) tally.added = tally.added === null ? value : merge(tally.added, value)
    else if (tallies.size >= maxWaiting) dropped++
    else tallies.set(key, { team, id, added: value, unsettled: null })
  }

  const commitOf = (tally: Tally<T>, stored: Stored<T> | null, added: T): Commit => ({
    write: {
      store: collection.name,
      id: tally.id,
      team: tally.team,
      expected: stored?.version ?? null,
      writeId: randomId(),
      at: clock.now(),
      value: stored === null ? added : merge(stored.value, added),
    },
    then: [],
  })

  const load = async (tallied: readonly Tally<T>[]): Promise<Map<Tally<T>, Stored<T> | null>> => {
    const found = new Map<Tally<T>, Stored<T> | null>()
    for (const [team, group] of Map.groupBy(tallied, (tally) => tally.team)) {
      const ids = group.map(({ id }) => id)
      const records = await link.run((driver) => driver.collection(collection).load({ team }, ids))
      for (const [index, tally] of group.entries()) found.set(tally, records[index] ?? null)
    }
    return found
  }

  /** Answers with those that others changed in between. */
  const writeOnce = async (tallied: readonly Tally<T>[]): Promise<readonly Tally<T>[]> => {
    const fresh = tallied.filter(({ unsettled }) => unsettled === null)
    const stored = await load(fresh)
    for (const tally of fresh) {
      if (tally.added === null) continue
      tally.unsettled = { commit: commitOf(tally, stored.get(tally) ?? null, tally.added), added: tally.added }
      tally.added = null
    }
    const written = tallied.filter((tally) => tally.unsettled !== null)
    if (written.length === 0) return []
    const commits = written.flatMap(({ unsettled }) => (unsettled === null ? [] : [unsettled.commit]))
    const outcomes = await link.run((driver) => driver.commit(commits))
    const again: Tally<T>[] = []
    for (const [index, tally] of written.entries()) {
      const { unsettled } = tally
      tally.unsettled = null
      if (outcomes[index]?.ok !== true && unsettled !== null) {
        tally.added = tally.added === null ? unsettled.added : merge(unsettled.added, tally.added)
      }
      if (tally.added !== null) again.push(tally)
      else tallies.delete(keyOf(tally.team, tally.id))
    }
    return again
  }

  const write = async (): Promise<void> => {
    const all = [...tallies.values()]
    for (let from = 0; from < all.length; from += RECORDS_PER_STEP) {
      let left: readonly Tally<T>[] = all.slice(from, from + RECORDS_PER_STEP)
      for (let attempt = 0; attempt < ATTEMPTS && left.length > 0; attempt++) left = await writeOnce(left)
    }
  }

  const refused = (thrown: unknown): void => {
    const { code } = SightlineError.from(thrown)
    if (code === 'UNAVAILABLE' || code === 'TIMEOUT') return
    // What storage refuses today it refuses tomorrow.
    logger.warn({ code, store: collection.name }, 'Counts of log lines could not be stored.')
    tallies.clear()
  }

  return {
    get dropped() {
      return dropped
    },
    add,
    waiting: (team) =>
      [...tallies.values()].flatMap((tally) => {
        const added = [tally.unsettled?.added ?? null, tally.added].filter((value) => value !== null)
        return tally.team === team ? (added as T[]) : []
      }),
    flush: () => {
      if (tallies.size === 0 || link.state !== 'up') return flushing ?? Promise.resolve()
      flushing ??= write()
        .catch(refused)
        .finally(() => {
          flushing = null
        })
      return flushing
    },
  }
}
