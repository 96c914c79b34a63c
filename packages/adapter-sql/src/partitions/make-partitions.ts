import type { SqlDialect } from '../dialect.ts'
import type { OpenEngine } from '../engine.ts'
import type { Script, Step } from '../statement.ts'
import { type Partition, parsePartition, partitionsAt, type TimedTable, timedTables } from './partition-plan.ts'

/** How long a change of the partitions may wait for others, and so make others wait behind it. */
export const lockTimeoutMs = 100

/**
 * Makes the partitions that are due. Any process, any time; where there is nothing to do it is one look without a lock. One whose time has
 * rows in the default partition already cannot be made: those rows stay where they are.
 */
export const makePartitions = async (engine: OpenEngine, dialect: SqlDialect, now: number): Promise<void> => {
  if (!dialect.isPartitioned) return
  if ((await engine.read(() => findMissing(dialect, now))).length === 0) return
  await engine.transact(function* () {
    if (dialect.migrationLock !== null) yield dialect.migrationLock
    yield toStep(`set local lock_timeout = ${lockTimeoutMs}`)
    for (const { table, partition } of yield* findMissing(dialect, now)) {
      const { name, from, to } = partition
      const parent = `${dialect.tablePrefix}${table}`
      const taken = yield toStep(`select 1 from ${parent}_default where at >= ${from} and at < ${to} limit 1`)
      if (taken.length === 0) yield toStep(`create table ${name} partition of ${parent} for values from (${from}) to (${to})`)
    }
  })
}

interface Missing {
  readonly table: TimedTable
  readonly partition: Partition
}

function* findMissing(dialect: SqlDialect, now: number): Script<readonly Missing[]> {
  const there = yield* findAll(dialect)
  const names = new Set(there.map(({ name }) => name))
  return timedTables.flatMap((table) => {
    const reached = Number(there.find(({ name }) => name === `${dialect.tablePrefix}${table}_past`)?.reached ?? 0)
    return partitionsAt(dialect.tablePrefix, table, now)
      .filter(({ name, from }) => !names.has(name) && from >= reached)
      .map((partition) => ({ table, partition }))
  })
}

interface PartitionRow {
  readonly parent: string
  readonly name: string
  /** Up to where its time goes, as text; null for the default partition. */
  readonly reached: string | null
}

function* findAll({ tablePrefix }: SqlDialect): Script<readonly PartitionRow[]> {
  const parents = timedTables.map((_, index) => `to_regclass($${index + 1})`)
  return (yield {
    sql: `select p.relname as parent, c.relname as name,
        substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \\(''?([-0-9.e+]+)') as reached
      from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid join pg_catalog.pg_class p on p.oid = i.inhparent
      where i.inhparent in (${parents.join(', ')})`,
    values: timedTables.map((table) => `${tablePrefix}${table}`),
    reusable: false,
  }) as readonly PartitionRow[]
}

/** The partitions by time that are there, the oldest first. */
export function* findPartitions(dialect: SqlDialect, table: TimedTable): Script<readonly Partition[]> {
  const parent = `${dialect.tablePrefix}${table}`
  return (yield* findAll(dialect))
    .flatMap((row) => (row.parent === parent ? (parsePartition(dialect.tablePrefix, table, row.name) ?? []) : []))
    .sort((a, b) => a.from - b.from)
}

export const toStep = (sql: string): Step => ({ sql, values: [], reusable: false })
