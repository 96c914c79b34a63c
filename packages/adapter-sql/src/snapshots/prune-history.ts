import { sql } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { dropOldestPartition } from '../partitions/drop-partitions.ts'
import { findPartitions } from '../partitions/make-partitions.ts'
import { type Partition, rowTables } from '../partitions/partition-plan.ts'
import type { Schema } from '../schema.ts'
import { runOnce, runRows, type Script } from '../statement.ts'
import type { StoreAccess } from '../store-access.ts'
import type { SnapshotStatements } from './snapshot-statements.ts'

interface PruneRequest {
  readonly before: number
  readonly limit: number
}

/**
 * Deletes the oldest entries; when none are left to delete, also forgets tombstones, and drops epochs that nothing refers to any more. Rows
 * of targets stay: they are small, and others may be about to refer to them. Answers with the number of entries; a partition that was
 * dropped whole counts as `limit`.
 */
export const pruneHistory = async (
  access: StoreAccess,
  statements: SnapshotStatements,
  request: PruneRequest,
): Promise<number> => {
  const { dialect, read, transact } = access
  const epochs = await read(() => listOldestEpochs(dialect, request.before))
  const dropped = await dropOldestPartition({
    access,
    table: 'history',
    before: request.before,
    keep: (partition) => keepLatest(dialect, partition),
  })
  if (dropped !== null) {
    await transact(() => dropEpochs(dialect, { epochs, targets: [] }))
    return request.limit
  }
  return transact(() => pruneEntries(dialect, statements, request))
}

/** Of the oldest partition, where it is to be dropped: asked before, since the answer may take its time and holds nobody up. */
function* listOldestEpochs(dialect: SqlDialect, before: number): Script<readonly number[]> {
  if (!dialect.isPartitioned) return []
  const [oldest] = yield* findPartitions(dialect, 'history')
  if (oldest === undefined || oldest.to > before) return []
  const rows = yield { sql: `select distinct epoch from ${oldest.name}`, values: [], reusable: false }
  return (rows as readonly { readonly epoch: number }[]).map(({ epoch }) => epoch)
}

/** The entries of present documents move to the default partition. */
function* keepLatest({ tablePrefix: p }: SqlDialect, { name, from, to }: Partition): Script<void> {
  yield {
    sql: `insert into ${p}history select h.* from ${p}heads d
      join ${name} h on h.epoch = d.epoch and h.revision = d.revision and h.at = d.at
      where d.removed_at is null and d.at >= $1 and d.at < $2`,
    values: [from, to],
    reusable: false,
  }
}

function* pruneEntries(dialect: SqlDialect, statements: SnapshotStatements, { before, limit }: PruneRequest): Script<number> {
  const epochs: number[] = []
  for (const table of rowTables(dialect, 'history')) {
    const doomed = yield* runOnce(oldEntries(dialect, { table, before, limit: limit - epochs.length }))
    yield* runRows(statements.deleteEntries, doomed)
    for (const { epoch } of doomed) epochs.push(epoch)
    if (epochs.length === limit) return limit
  }
  const forgotten = yield* forgetTombstones(dialect, before)
  yield* dropEpochs(dialect, { epochs: epochs, targets: forgotten })
  return epochs.length
}

interface OldEntries extends PruneRequest {
  readonly table: string
}

/** Oldest first; not the entry of a present latest document. */
const oldEntries = ({ queries }: SqlDialect, { table, before, limit }: OldEntries) =>
  queries
    .selectFrom(sql<Pick<Schema['history'], 'epoch' | 'revision' | 'at'>>`${sql.table(table)}`.as('h'))
    .innerJoin('epochs as e', 'e.id', 'h.epoch')
    .leftJoin('heads as d', (join) => join.onRef('d.target', '=', 'e.target').onRef('d.epoch', '=', 'h.epoch'))
    .where('h.at', '<', before)
    .where(({ or, eb }) =>
      or([eb('d.target', 'is', null), eb('d.removed_at', 'is not', null), eb('d.revision', '<>', eb.ref('h.revision'))]),
    )
    .select(['h.epoch', 'h.revision', 'h.at'])
    .orderBy('h.at')
    .orderBy('h.epoch')
    .orderBy('h.revision')
    .limit(limit)

/** A fence stays, since whoever it keeps out may still be frozen. */
function* forgetTombstones({ queries }: SqlDialect, before: number): Script<readonly number[]> {
  const fenced = yield* runOnce(
    queries
      .updateTable('heads')
      .set({ epoch: null, revision: 0, removed_at: null, at: 0, recent: '[]' })
      .where('removed_at', '<', before)
      .where('fence', '>', 0)
      .returning('target'),
  )
  const plain = yield* runOnce(queries.deleteFrom('heads').where('removed_at', '<', before).returning('target'))
  return [...fenced, ...plain].map(({ target }) => target)
}

interface Unused {
  readonly epochs: readonly number[]
  readonly targets: readonly number[]
}

/** Drops those of the epochs, and of the targets' epochs, that have no entry left and are not the present one. */
function* dropEpochs({ queries }: SqlDialect, { epochs, targets }: Unused): Script<void> {
  const unused = queries
    .deleteFrom('epochs')
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('history as h').select('h.epoch').whereRef('h.epoch', '=', 'epochs.id'))),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('heads as d')
            .select('d.target')
            .whereRef('d.target', '=', 'epochs.target')
            .whereRef('d.epoch', '=', 'epochs.id'),
        ),
      ),
    )
  for (const part of parts([...new Set(epochs)])) yield* runOnce(unused.where('id', 'in', part))
  for (const part of parts(targets)) yield* runOnce(unused.where('target', 'in', part))
}

/** In pieces, because the number of values in one query is limited. */
function* parts<T>(values: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < values.length; start += 1_000) yield values.slice(start, start + 1_000)
}
