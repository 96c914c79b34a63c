import { SightlineError } from '@sightline/core/protocol'
import type { SqlDialect } from '../dialect.ts'
import type { Script } from '../statement.ts'
import type { StoreAccess } from '../store-access.ts'
import { findPartitions, lockTimeoutMs, makePartitions, toStep } from './make-partitions.ts'
import type { Partition, TimedTable } from './partition-plan.ts'

interface DropRequest {
  readonly access: Pick<StoreAccess, 'dialect' | 'read' | 'transact' | 'now'>
  readonly table: TimedTable
  readonly before: number
  /** Runs in the same transaction, when nobody writes to the table: what of the partition is to stay is put into the table again. */
  readonly keep?: (partition: Partition) => Script<void>
}

/**
 * Drops the oldest partition whose time is over entirely; null where there is none, or somebody is at work on the table: who comes later
 * drops it. Also makes the partitions that are due, since whoever prunes does so again and again.
 */
export const dropOldestPartition = async ({ access, table, before, keep }: DropRequest): Promise<Partition | null> => {
  const { dialect, read, transact, now } = access
  if (!dialect.isPartitioned) return null
  try {
    await makePartitions({ read, transact }, dialect, now())
    const [oldest] = await read(() => findPartitions(dialect, table))
    if (oldest === undefined || oldest.to > before || oldest.to > now()) return null
    return await transact(() => drop(dialect, { table, partition: oldest, ...(keep === undefined ? {} : { keep }) }))
  } catch (thrown) {
    if (thrown instanceof SightlineError && thrown.code === 'UNAVAILABLE') return null
    throw thrown
  }
}

interface Drop {
  readonly table: TimedTable
  readonly partition: Partition
  readonly keep?: DropRequest['keep']
}

/** Not `concurrently`, which a default partition rules out; what it locks it waits for only briefly, and holds for moments. */
function* drop(dialect: SqlDialect, { table, partition, keep }: Drop): Script<Partition | null> {
  if (dialect.migrationLock !== null) yield dialect.migrationLock
  const isThere = (yield* findPartitions(dialect, table)).some(({ name }) => name === partition.name)
  // Another process was faster.
  if (!isThere) return null
  yield toStep(`set local lock_timeout = ${lockTimeoutMs}`)
  yield toStep(`alter table ${dialect.tablePrefix}${table} detach partition ${partition.name}`)
  if (keep !== undefined) yield* keep(partition)
  yield toStep(`drop table ${partition.name}`)
  return partition
}
