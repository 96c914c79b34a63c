import type { SqlDialect } from '../dialect.ts'

/** A table whose rows are kept in partitions by their time, where the engine has such. */
export type TimedTable = 'history' | 'samples' | 'logs' | 'log_terms'

/** ms since the Unix epoch, `to` exclusive. */
export interface Partition {
  readonly name: string
  readonly from: number
  readonly to: number
}

const dayMs = 86_400_000

/**
 * How long a partition's time is. Points and lines are kept for days and asked for by time, so that a day is what a query or a prune
 * touches. History is kept for weeks and asked for by target, in all partitions at once: few of them.
 */
const spansMs: Readonly<Record<TimedTable, number>> = {
  history: 7 * dayMs,
  samples: dayMs,
  logs: dayMs,
  log_terms: dayMs,
}

/** How far ahead partitions are made: who is away for longer finds its rows in the default partition, and nothing is refused. */
const aheadMs = 3 * dayMs

export const timedTables = Object.keys(spansMs) as readonly TimedTable[]

/** A Monday: weeks begin on it. */
const origin = Date.UTC(2001, 0, 1)

/** The start of the partition that a time falls into. */
export const partitionStart = (table: TimedTable, at: number): number => {
  const span = spansMs[table]
  return origin + Math.floor((at - origin) / span) * span
}

export const spanMs = (table: TimedTable): number => spansMs[table]

/** The partitions that there are to be at a time: the present one, and those ahead. */
export const partitionsAt = (tablePrefix: string, table: TimedTable, now: number): readonly Partition[] => {
  const partitions: Partition[] = []
  for (let from = partitionStart(table, now); from <= now + aheadMs; from += spansMs[table]) {
    partitions.push(partitionFrom(tablePrefix, table, from))
  }
  return partitions
}

const partitionFrom = (tablePrefix: string, table: TimedTable, from: number): Partition => ({
  name: `${tablePrefix}${table}_${new Date(from).toISOString().slice(0, 10).replaceAll('-', '')}`,
  from,
  to: from + spansMs[table],
})

/** null for what is no partition by time: the past and the default. */
export const parsePartition = (tablePrefix: string, table: TimedTable, name: string): Partition | null => {
  const [, year, month, day] = /_(\d{4})(\d\d)(\d\d)$/.exec(name) ?? []
  if (year === undefined || month === undefined || day === undefined) return null
  const partition = partitionFrom(tablePrefix, table, Date.UTC(Number(year), Number(month) - 1, Number(day)))
  return partition.name === name ? partition : null
}

/**
 * The tables whose rows go one by one: without partitions the table itself; else the one of everything before the first partition, and the
 * one of what no partition takes.
 */
export const rowTables = ({ tablePrefix, isPartitioned }: SqlDialect, table: TimedTable): readonly string[] =>
  (isPartitioned ? ['_past', '_default'] : ['']).map((suffix) => `${tablePrefix}${table}${suffix}`)
