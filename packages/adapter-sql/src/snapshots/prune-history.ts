import { sql } from 'kysely'
import type { SqlDialect } from '../dialect.ts'
import { runOnce, runRows, type Script } from '../statement.ts'
import { remembered } from './decide-replace.ts'
import type { SnapshotStatements } from './snapshot-statements.ts'

interface PruneRequest {
  readonly before: number
  readonly limit: number
}

/**
 * Deletes the oldest entries; when none are left to delete, also forgets tombstones, and drops epochs that nothing refers to any more. Of
 * an entry whose write is still remembered the row stays, emptied. Rows of targets stay too: they are small, and others may be about to
 * refer to them. Answers with the number of entries.
 */
export function* pruneHistory(
  dialect: SqlDialect,
  statements: SnapshotStatements,
  { before, limit }: PruneRequest,
): Script<number> {
  const doomed = yield* runOnce(
    oldEntries(dialect, before)
      .where('h.data', 'is not', null)
      .where(({ or, eb }) =>
        or([eb('d.target', 'is', null), eb('d.removed_at', 'is not', null), eb('d.revision', '<>', eb.ref('h.revision'))]),
      )
      .limit(limit),
  )
  const isRemembered = ({ head, revision }: (typeof doomed)[number]): boolean => head !== null && revision > head - remembered
  yield* runRows(statements.emptyEntries, doomed.filter(isRemembered))
  yield* runRows(
    statements.deleteEntries,
    doomed.filter((entry) => !isRemembered(entry)),
  )
  if (doomed.length === limit) return doomed.length

  const forgotten = yield* forgetTombstones(dialect, before)
  const emptied = yield* runOnce(
    oldEntries(dialect, before)
      .where('h.data', 'is', null)
      .where(({ or, eb }) =>
        or([eb('d.target', 'is', null), eb('d.revision', '>=', sql<number>`h.revision + ${sql.lit(remembered)}`)]),
      ),
  )
  yield* runRows(statements.deleteEntries, emptied)
  const epochs = [...doomed, ...emptied].map(({ epoch }) => epoch)
  yield* dropEpochs(dialect, { epochs, targets: forgotten })
  return doomed.length
}

/** Oldest first; `head` is the revision of the target's latest document, or of its tombstone, where that is of the entry's epoch. */
const oldEntries = ({ queries }: SqlDialect, before: number) =>
  queries
    .selectFrom('history as h')
    .innerJoin('epochs as e', 'e.id', 'h.epoch')
    .leftJoin('heads as d', (join) => join.onRef('d.target', '=', 'e.target').onRef('d.epoch', '=', 'h.epoch'))
    .where('h.at', '<', before)
    .select(['h.epoch', 'h.revision', 'd.revision as head'])
    .orderBy('h.at')
    .orderBy('h.epoch')
    .orderBy('h.revision')

/** A fence stays, since whoever it keeps out may still be frozen. */
function* forgetTombstones({ queries }: SqlDialect, before: number): Script<readonly number[]> {
  const fenced = yield* runOnce(
    queries
      .updateTable('heads')
      .set({ epoch: null, revision: 0, removed_at: null })
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
