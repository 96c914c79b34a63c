import {
  type Capabilities,
  type Clock,
  type CollectionPlan,
  type Logger,
  type StorageDriver,
  silentLogger,
  systemClock,
} from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'
import type { Db } from 'mongodb'
import { type Call, callWithin } from './call.ts'
import { failureOf } from './feed/feed-failure.ts'
import { watchStores } from './feed/watch-stores.ts'
import { mongoLogs } from './logs/log-store.ts'
import { mongoConnection } from './mongo-connection.ts'
import { toStorageError } from './mongo-error.ts'
import { prepareStore } from './prepare-store.ts'
import { recoverCommits } from './records/finish-commit.ts'
import { mongoRecords } from './records/record-store.ts'
import { mongoSamples } from './samples/sample-store.ts'
import { recoverHistory } from './snapshots/recover-history.ts'
import { mongoSnapshots } from './snapshots/snapshot-store.ts'
import type { MongoCollections, StoreAccess } from './store-access.ts'

interface MongoTuning {
  /** The collection of the latest documents. @default 'latest' */
  readonly latest?: string
  /** The collection of their history. @default 'history' */
  readonly history?: string
  /** Begins the names of all other collections. @default 'sightline_' */
  readonly prefix?: string
  /** How long one call may take before it rejects with `TIMEOUT`. @default 15_000 */
  readonly timeoutMs?: number
  /** How long a call waits for a server that is not there, ms; it is then `UNAVAILABLE`. @default 5_000 */
  readonly selectionTimeoutMs?: number
  /** After how long without any answer a client of its own is opened anew, ms. @default 30_000 */
  readonly renewAfterMs?: number
  /**
   * How often changes are looked for where the server has no change streams, ms; `null` where a bus tells them, then `watch` is
   * `UNSUPPORTED` there. @default 1_000
   */
  readonly pollIntervalMs?: number | null
  /** After how long without an open stream one is tried again, ms. @default 60_000 */
  readonly probeAfterMs?: number
  /** How long a change may stay untold by an open stream before that counts as silent, ms. @default 4_000 */
  readonly silentAfterMs?: number
  /** Told of changes of the feed's mode, and warned at most once a minute. @default none */
  readonly logger?: Pick<Logger, 'info' | 'warn'>
  /** @default the system's */
  readonly clock?: Clock
}

/** Either a connection string, for a client of its own, or a `Db` of the host's client, which stays open. */
export type MongoStorageOptions = MongoTuning &
  (
    | {
        /**
         * `mongodb://user:password@host:27017/database`, or `mongodb+srv://…`; needs the package `mongodb`. Without a database it is
         * `sightline`. Limits that it names itself (`maxPoolSize`, `serverSelectionTimeoutMS`, …) go before those here.
         */
        readonly url: string
        /** Connections the pool grows to. @default 20 */
        readonly maxConnections?: number
        readonly db?: never
      }
    | { readonly db: Db; readonly url?: never; readonly maxConnections?: never }
  )

/**
 * Storage in MongoDB 5 or newer: a replica set, a sharded cluster or a standalone. Any number of processes may share the database. No
 * transactions are needed: every write is of one document, which carries what is to follow it.
 *
 * @example
 * const client = new MongoClient('mongodb://localhost:27017')
 * const sightline = createSightline({ ...config, storage: mongoStorage({ db: client.db('metrics') }) })
 *
 * @throws `INVALID_CONFIG` without `url` and `db`; `connect` rejects so where the package `mongodb` is missing, or cannot read the url.
 */
export const mongoStorage = (options: MongoStorageOptions): StorageDriver => {
  const { timeoutMs = 15_000, pollIntervalMs = 1_000, clock = systemClock() } = options
  if (options.db === undefined && !/^mongodb(\+srv)?:\/\/./.test(options.url ?? '')) {
    throw new SightlineError('INVALID_CONFIG', 'mongoStorage needs the `url` of a database (mongodb://…), or a `db`.')
  }
  const names = {
    latest: options.latest ?? 'latest',
    history: options.history ?? 'history',
    prefix: options.prefix ?? 'sightline_',
  }
  const connection = mongoConnection({ ...options, names, timeoutMs, clock })
  const call = callWithin({ timeoutMs, clock })
  const closing = new AbortController()
  let plans: ReadonlyMap<string, CollectionPlan> | null = null
  /** The server's clock is this far ahead of ours. */
  let offsetMs = 0

  const checkConnected = (): void => {
    if (plans !== null && !closing.signal.aborted) return
    throw new SightlineError('UNAVAILABLE', `The mongo storage is ${closing.signal.aborted ? 'closed' : 'not connected yet'}.`)
  }

  const access: StoreAccess = {
    collections: () => {
      checkConnected()
      return connection.collections()
    },
    plan: (store) => {
      checkConnected()
      const plan = plans?.get(store)
      if (plan === undefined) throw new SightlineError('INVALID_INPUT', `The collection '${store}' is not in the plan.`)
      return plan
    },
    now: () => clock.now() + offsetMs,
    newEpoch: () => crypto.randomUUID(),
  }
  const guard = guardWith(checkConnected, call)
  const records = mongoRecords(access)

  const ping = async (): Promise<number> => {
    const askedAt = clock.now()
    const serverTime = await connection.serverTime()
    // Half of the way is assumed to be the answer's.
    offsetMs = serverTime - (askedAt + clock.now()) / 2
    return serverTime
  }

  const watch = watchStores({
    access,
    clock,
    logger: options.logger ?? silentLogger(),
    timing: {
      backoffMs: 250,
      mostBackoffMs: 15_000,
      probeAfterMs: options.probeAfterMs ?? 60_000,
      silentAfterMs: options.silentAfterMs ?? 4_000,
      pollIntervalMs: pollIntervalMs ?? 1_000,
    },
  })
  let canWatch = pollIntervalMs !== null

  return {
    name: 'mongo',

    connect: async (plan): Promise<Capabilities> => {
      if (closing.signal.aborted) checkConnected()
      // Not within the limit of one call: the first process of a new version may have to build indexes.
      try {
        await ping()
        await prepareStore(connection.collections(), plan)
        if (pollIntervalMs === null) canWatch = await hasStreams(connection.collections())
      } catch (thrown) {
        throw toStorageError(thrown)
      }
      plans = new Map(plan.collections.map((collection) => [collection.name, collection]))
      return { watch: canWatch, transactions: false }
    },

    ping: async () => {
      checkConnected()
      return { serverTime: await call(ping) }
    },

    close: async () => {
      closing.abort()
      await connection.close()
    },

    snapshots: guard(mongoSnapshots(access)),
    samples: guard(mongoSamples(access)),
    logs: guard(mongoLogs(access, clock)),
    collection: (definition) => guard(records.collection(definition)),

    commit: async (commits) => {
      checkConnected()
      return call(() => records.commit(commits))
    },

    recover: async () => {
      checkConnected()
      // As long as it takes: there may be much to finish.
      try {
        let recovered = await recoverHistory(access.collections())
        for (const store of plans?.keys() ?? []) recovered += await recoverCommits(access, store)
        return recovered
      } catch (thrown) {
        throw toStorageError(thrown)
      }
    },

    watch: async (from, sink) => {
      checkConnected()
      if (!canWatch) throw new SightlineError('UNSUPPORTED', 'This MongoDB server has no change streams.')
      await watch({ ...from, signal: AbortSignal.any([from.signal, closing.signal]) }, sink)
    },
  }
}

const hasStreams = async ({ latest }: MongoCollections): Promise<boolean> => {
  const stream = latest.watch([], { maxAwaitTimeMS: 1 })
  try {
    await stream.tryNext()
    return true
  } catch (thrown) {
    if (failureOf(thrown) === 'unsupported') return false
    throw thrown
  } finally {
    await stream.close()
  }
}

/** The same store, each method of which asks first whether the driver is connected, and answers in time. */
const guardWith =
  (check: () => void, call: Call) =>
  <S extends object>(store: S): S =>
    Object.fromEntries(
      Object.entries(store).map(([name, method]) => [
        name,
        async (...args: readonly unknown[]): Promise<unknown> => {
          check()
          return call(() => (method as (...args: readonly unknown[]) => Promise<unknown>)(...args))
        },
      ]),
    ) as S
