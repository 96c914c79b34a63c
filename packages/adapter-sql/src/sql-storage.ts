import type { Capabilities, Clock, CollectionPlan, StorageDriver, StoragePlan } from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'
import type { OpenEngine, SqlEngine } from './engine.ts'
import { sqlLogs } from './logs/log-store.ts'
import { isMigrated, migrate } from './migrations.ts'
import { makePartitions } from './partitions/make-partitions.ts'
import { areRegistered, registerIndexes } from './records/index-registry.ts'
import { recordStatements } from './records/record-statements.ts'
import { sqlRecords } from './records/record-store.ts'
import { sqlSamples } from './samples/sample-store.ts'
import { sqlSnapshots } from './snapshots/snapshot-store.ts'
import { isRefusal } from './sql-error.ts'
import type { Script } from './statement.ts'
import type { StoreAccess } from './store-access.ts'
import { writeQueue } from './write-queue.ts'

interface SqlStorageOptions {
  readonly name: string
  readonly engine: SqlEngine
  readonly clock: Clock
  newEpoch(): string
  /** The database's own change feed, where it may have one. */
  readonly feed?: SqlFeed
  /** Answers history, points, buckets and log searches. */
  readonly replica?: { readonly read: OpenEngine['read']; close(): Promise<void> }
}

/** A change feed; whether it works is known once it was tried. */
export interface SqlFeed {
  tryOut(): Promise<boolean>
  /** Rejects with `UNSUPPORTED` where it does not work. */
  readonly watch: NonNullable<StorageDriver['watch']>
  /** Ends every watch. */
  close(): Promise<void>
}

/** Rows one transaction grows to where many writes wait: on SQLite it is a few milliseconds of the event loop. */
const maxRowsPerTransaction = 250

/** A storage driver over an engine: everything the dialects share. */
export const sqlStorage = ({ name, engine, clock, newEpoch, feed, replica }: SqlStorageOptions): StorageDriver => {
  const { dialect } = engine
  let state: 'new' | 'connected' | 'closed' = 'new'
  let plans: ReadonlyMap<string, CollectionPlan> = new Map()

  const checkConnected = (): void => {
    if (state === 'connected') return
    throw new SightlineError('UNAVAILABLE', `The ${name} storage is ${state === 'closed' ? 'closed' : 'not connected yet'}.`)
  }

  const planOf = (store: string): CollectionPlan => {
    const plan = plans.get(store)
    if (plan === undefined) throw new SightlineError('INVALID_INPUT', `The collection '${store}' is not in the plan.`)
    return plan
  }

  const prepare = async (opened: OpenEngine, { collections, format }: StoragePlan): Promise<void> => {
    const statements = recordStatements(dialect)
    const isReady = function* (): Script<boolean> {
      return (yield* isMigrated(dialect, format)) && (yield* areRegistered(dialect, collections))
    }
    if (!(await opened.read(isReady))) {
      await opened.transact(function* () {
        yield* migrate(dialect, format)
        yield* registerIndexes(dialect, { statements, plans: collections })
      })
    }
    await makePartitions(opened, dialect, engine.now())
  }

  const queue = writeQueue({
    transact: engine.transact,
    isRefusal,
    schedule: engine.schedule,
    maxWeight: maxRowsPerTransaction,
  })
  const { read, transact, now, generation } = engine
  const access: StoreAccess = { dialect, queue, read, readBehind: replica?.read ?? read, transact, now, generation, newEpoch }
  const records = sqlRecords(access, planOf)
  const guard = guardWith(checkConnected)

  return {
    name,

    connect: async (plan): Promise<Capabilities> => {
      if (state === 'closed') checkConnected()
      await engine.open((opened) => prepare(opened, plan))
      plans = new Map(plan.collections.map((collection) => [collection.name, collection]))
      const watch = (await feed?.tryOut()) ?? false
      state = 'connected'
      return { watch, transactions: true }
    },

    ping: async () => {
      checkConnected()
      return { serverTime: await engine.ping() }
    },

    close: async () => {
      state = 'closed'
      await feed?.close()
      await queue.drain()
      await replica?.close()
      await engine.close()
    },

    snapshots: guard(sqlSnapshots(access)),
    samples: guard(sqlSamples(access)),
    logs: guard(sqlLogs(access, clock)),
    collection: (definition) => guard(records.collection(definition)),

    commit: async (commits) => {
      checkConnected()
      return records.commit(commits)
    },

    // Nothing is ever left half done; but that is only known of a store that is there.
    recover: async () => {
      checkConnected()
      await engine.ping()
      return 0
    },

    ...(feed === undefined
      ? {}
      : {
          watch: async (from, sink) => {
            checkConnected()
            await feed.watch(from, sink)
          },
        }),
  }
}

/** The same store, each method of which asks first whether the driver is connected. */
const guardWith =
  (check: () => void) =>
  <S extends object>(store: S): S =>
    Object.fromEntries(
      Object.entries(store).map(([name, method]) => [
        name,
        async (...args: readonly unknown[]): Promise<unknown> => {
          check()
          return (method as (...args: readonly unknown[]) => Promise<unknown>)(...args)
        },
      ]),
    ) as S
