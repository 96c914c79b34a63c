import { SightlineError } from '../errors.ts'
import { type Clock, systemClock } from '../ports/clock.ts'
import type { CollectionPlan } from '../ports/collections.ts'
import type { Capabilities, StorageDriver } from '../ports/storage.ts'
import { type CollectionRows, memoryCollection, memoryCollectionRows } from './memory-collections.ts'
import { memoryCommit } from './memory-commit.ts'
import { memoryWatch, recordChange } from './memory-feed.ts'
import { memoryLogs } from './memory-logs.ts'
import { memorySamples } from './memory-samples.ts'
import { memorySnapshots } from './memory-snapshots.ts'
import { type MemoryStore, memoryStore } from './memory-store.ts'

/** What a storage in memory works on. The defaults suit one process and tests. */
export interface MemoryStorageOptions {
  /** What is read and written; drivers over one store are as several processes over one database. @default a store of its own */
  readonly store?: MemoryStore
  /** @default the system's */
  readonly clock?: Clock
  /** Makes epochs: never the same string twice. @default `crypto.randomUUID` */
  readonly randomId?: () => string
  /** Offers `watch`. Two instances over one store need it or a common bus to hear of each other. @default false */
  readonly feed?: boolean
}

/**
 * Storage in this process's memory: the reference for every other driver, for tests and for what may be lost on exit. Each call is one
 * atomic step. Grows with what is written; nothing is bounded but by `prune`.
 *
 * @example
 * const sightline = createSightline({ ...config, storage: memoryStorage() })
 */
export const memoryStorage = ({
  store = memoryStore(),
  clock = systemClock(),
  randomId = () => crypto.randomUUID(),
  feed = false,
}: MemoryStorageOptions = {}): StorageDriver => {
  let plans: ReadonlyMap<string, CollectionPlan> | null = null
  const closing = new AbortController()

  const connected = (): ReadonlyMap<string, CollectionPlan> => {
    if (plans === null || closing.signal.aborted) {
      throw new SightlineError(
        'UNAVAILABLE',
        closing.signal.aborted ? 'The memory storage is closed.' : 'The memory storage is not connected yet.',
      )
    }
    return plans
  }

  const collectionOf = (name: string): { readonly plan: CollectionPlan; readonly rows: CollectionRows } => {
    const plan = connected().get(name)
    if (plan === undefined) throw new SightlineError('INVALID_INPUT', `The collection '${name}' is not in the plan.`)
    const rows = store.collections.get(name) ?? memoryCollectionRows()
    store.collections.set(name, rows)
    return { plan, rows }
  }

  const now = (): number => clock.now()
  const checkConnected = (): void => void connected()
  const commit = memoryCommit({
    collection: collectionOf,
    now,
    newEpoch: randomId,
    changed: (name, head) => recordChange(store.feed, name, head),
  })
  const watch = memoryWatch({ log: store.feed, clock, checkConnected })

  return {
    name: 'memory',

    connect: async ({ collections, format }): Promise<Capabilities> => {
      if (closing.signal.aborted) throw new SightlineError('UNAVAILABLE', 'The memory storage is closed.')
      if (store.format !== null && store.format > format.reads) {
        throw new SightlineError(
          'INCOMPATIBLE',
          `The store has format ${store.format}; this software reads up to ${format.reads}.`,
        )
      }
      store.format = Math.max(store.format ?? format.writes, format.writes)
      plans = new Map(collections.map((plan) => [plan.name, plan]))
      return { watch: feed, transactions: true }
    },

    ping: async () => {
      checkConnected()
      return { serverTime: now() }
    },

    close: async () => {
      closing.abort()
    },

    snapshots: memorySnapshots({
      rows: store.snapshots,
      now,
      newEpoch: randomId,
      checkConnected,
      changed: (head) => recordChange(store.feed, 'snapshots', head),
    }),
    samples: memorySamples({ rows: store.samples, checkConnected }),
    logs: memoryLogs({ lines: store.logs, clock, checkConnected }),
    collection: (definition) => memoryCollection({ definition, rows: () => collectionOf(definition.name).rows, now }),
    commit: async (commits) => {
      checkConnected()
      return commit(commits)
    },

    recover: async () => {
      checkConnected()
      return 0
    },

    ...(feed && {
      watch: (from, sink) => watch({ ...from, signal: AbortSignal.any([from.signal, closing.signal]) }, sink),
    }),
  }
}
