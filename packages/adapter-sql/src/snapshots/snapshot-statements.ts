import type { SqlDialect } from '../dialect.ts'
import { integer, rowList } from '../row-list.ts'
import { prepareRows } from '../statement.ts'

/** A target by its names, as stored. */
export interface StoredKey {
  readonly team: string
  readonly api: string
  readonly source: string
}

/** A key among others: rows come back in any order, `ord` says whose they are. */
export interface WantedKey extends StoredKey {
  readonly ord: number
}

/** Where an entry is. */
export interface EntryKey {
  readonly epoch: number
  readonly revision: number
}

interface WantedRevision extends WantedKey {
  readonly epoch: string
  readonly revision: number
}

export type SnapshotStatements = ReturnType<typeof snapshotStatements>

/** The compiled queries of the snapshot store's hot paths. */
export const snapshotStatements = ({ queries, rowsPerStatement, locksRows }: SqlDialect) => ({
  /** What a write is judged by. */
  findTargets: prepareRows(rowsPerStatement, (wanted: readonly WantedKey[]) =>
    wantedTargets(queries, wanted)
      .leftJoin('heads as d', 'd.target', 't.id')
      .leftJoin('epochs as e', 'e.id', 'd.epoch')
      .select(['t.id', 'd.epoch', 'd.revision', 'd.fence', 'd.removed_at', 'd.recent'])
      .select(['e.epoch as epoch_name', 'e.created_at', 'e.first_write']),
  ),

  /** Answers with those that were not there. */
  insertTargets: prepareRows(rowsPerStatement, (targets: readonly StoredKey[]) =>
    queries
      .insertInto('targets')
      .values(targets.map(({ team, api, source }) => ({ team, api, source })))
      .onConflict((conflict) => conflict.columns(['team', 'api', 'source']).doNothing())
      .returning(['id', 'team', 'api', 'source']),
  ),

  /** Also locks them, in the order of their names, where others could write at the same time. */
  findIds: prepareRows(rowsPerStatement, (wanted: readonly WantedKey[]) => {
    const query = wantedTargets(queries, wanted).select('t.id')
    return locksRows ? query.orderBy('t.team').orderBy('t.api').orderBy('t.source').forNoKeyUpdate('t') : query
  }),

  insertEpochs: prepareRows(
    rowsPerStatement,
    (epochs: readonly { readonly target: number; readonly name: string; readonly at: number; readonly writeId: string }[]) =>
      queries
        .insertInto('epochs')
        .values(epochs.map(({ target, name, at, writeId }) => ({ target, epoch: name, created_at: at, first_write: writeId })))
        .returning(['id', 'epoch']),
  ),

  insertEntries: prepareRows(rowsPerStatement, (entries: readonly NewEntry[]) =>
    queries.insertInto('history').values(
      entries.map(({ epoch, revision, at, writeId, fence, hash, detector, data }) => ({
        epoch,
        revision,
        at,
        write_id: writeId,
        fence,
        hash,
        detector,
        data,
      })),
    ),
  ),

  putHeads: prepareRows(rowsPerStatement, (heads: readonly NewHead[]) =>
    queries
      .insertInto('heads')
      .values(
        heads.map(({ target, epoch, revision, fence, at, recent }) => ({
          target,
          epoch,
          revision,
          fence,
          removed_at: null,
          at,
          recent,
        })),
      )
      .onConflict((conflict) =>
        conflict.column('target').doUpdateSet((eb) => ({
          epoch: eb.ref('excluded.epoch'),
          revision: eb.ref('excluded.revision'),
          fence: eb.ref('excluded.fence'),
          removed_at: null,
          at: eb.ref('excluded.at'),
          recent: eb.ref('excluded.recent'),
        })),
      ),
  ),

  raiseFences: prepareRows(rowsPerStatement, (heads: readonly { readonly target: number; readonly fence: number }[]) =>
    queries
      .insertInto('heads')
      .values(
        heads.map(({ target, fence }) => ({ target, epoch: null, revision: 0, fence, removed_at: null, at: 0, recent: '[]' })),
      )
      .onConflict((conflict) =>
        conflict
          .column('target')
          .doUpdateSet((eb) => ({ fence: eb.ref('excluded.fence') }))
          .whereRef('heads.fence', '<', 'excluded.fence'),
      ),
  ),

  removeHeads: prepareRows(rowsPerStatement, (heads: readonly { readonly target: number; readonly at: number }[]) =>
    queries
      .updateTable('heads')
      .set({ removed_at: heads[0]?.at as number })
      .where(
        'target',
        'in',
        heads.map(({ target }) => target),
      )
      .where('epoch', 'is not', null)
      .where('removed_at', 'is', null)
      .returning('target'),
  ),

  findHeads: prepareRows(rowsPerStatement, (wanted: readonly { readonly target: number }[]) =>
    queries
      .selectFrom('heads as d')
      .innerJoin('targets as t', 't.id', 'd.target')
      .innerJoin('epochs as e', 'e.id', 'd.epoch')
      .where(
        'd.target',
        'in',
        wanted.map(({ target }) => target),
      )
      .select(['t.team', 't.api', 't.source', 'd.revision', 'd.removed_at', 'e.epoch']),
  ),

  loadLatest: prepareRows(rowsPerStatement, (wanted: readonly WantedKey[]) =>
    wantedTargets(queries, wanted)
      .innerJoin('heads as d', 'd.target', 't.id')
      .innerJoin('epochs as e', 'e.id', 'd.epoch')
      .innerJoin('history as h', (join) =>
        join.onRef('h.epoch', '=', 'd.epoch').onRef('h.revision', '=', 'd.revision').onRef('h.at', '=', 'd.at'),
      )
      .where('d.removed_at', 'is', null)
      .select(['h.revision', 'h.at', 'h.write_id', 'h.fence', 'h.hash', 'h.detector', 'h.data'])
      .select(['e.epoch', 'e.created_at']),
  ),

  loadRevisions: prepareRows(rowsPerStatement, (wanted: readonly WantedRevision[]) =>
    queries
      .with('wanted(ord, team, api, source, epoch, revision)', () => {
        const rows = wanted.map((each) => [
          integer(each.ord),
          each.team,
          each.api,
          each.source,
          each.epoch,
          integer(each.revision),
        ])
        return rowList<WantedRevision>(rows)
      })
      .selectFrom('wanted as w')
      .innerJoin('targets as t', (join) =>
        join.onRef('t.team', '=', 'w.team').onRef('t.api', '=', 'w.api').onRef('t.source', '=', 'w.source'),
      )
      .innerJoin('epochs as e', (join) => join.onRef('e.epoch', '=', 'w.epoch').onRef('e.target', '=', 't.id'))
      .innerJoin('history as h', (join) => join.onRef('h.epoch', '=', 'e.id').onRef('h.revision', '=', 'w.revision'))
      .select(['w.ord', 'h.revision', 'h.at', 'h.write_id', 'h.fence', 'h.hash', 'h.detector', 'h.data'])
      .select(['e.epoch', 'e.created_at']),
  ),

  deleteEntries: prepareRows(rowsPerStatement, (entries: readonly (EntryKey & { readonly at: number })[]) =>
    queries
      .deleteFrom('history')
      .where(({ or, and }) => or(entries.map(({ epoch, revision, at }) => and({ epoch, revision, at })))),
  ),

  loadEntries: prepareRows(rowsPerStatement, (entries: readonly EntryKey[]) =>
    queries
      .selectFrom('history as h')
      .innerJoin('epochs as e', 'e.id', 'h.epoch')
      .where(({ or, and }) => or(entries.map(({ epoch, revision }) => and({ 'h.epoch': epoch, 'h.revision': revision }))))
      .select(['h.epoch as epoch_id', 'h.revision', 'h.at', 'h.write_id', 'h.fence', 'h.hash', 'h.detector', 'h.data'])
      .select(['e.epoch', 'e.created_at']),
  ),
})

/** A history entry on its way into the table. */
export interface NewEntry {
  readonly epoch: number
  readonly revision: number
  readonly at: number
  readonly writeId: string
  readonly fence: number
  readonly hash: string
  readonly detector: string
  readonly data: string
}

/** Where a target's latest document now is. */
export interface NewHead {
  readonly target: number
  readonly epoch: number
  readonly revision: number
  readonly fence: number
  readonly at: number
  readonly recent: string
}

/**
 * The targets of the keys, as `t`, with `ord`. Of several in one query; of one without the detour over a list of rows, which costs SQLite as
 * much as the rest.
 */
const wantedTargets = (queries: SqlDialect['queries'], wanted: readonly WantedKey[]) => {
  const [first] = wanted as readonly [WantedKey]
  const one = queries
    .selectFrom('targets as t')
    .where('t.team', '=', first.team)
    .where('t.api', '=', first.api)
    .where('t.source', '=', first.source)
    .select(integer(first.ord).as('ord'))
  if (wanted.length === 1) return one
  const several = queries
    .with('w(ord, team, api, source)', () =>
      rowList<WantedKey>(wanted.map(({ ord, team, api, source }) => [integer(ord), team, api, source])),
    )
    .selectFrom('w')
    .innerJoin('targets as t', (join) =>
      join.onRef('t.team', '=', 'w.team').onRef('t.api', '=', 'w.api').onRef('t.source', '=', 'w.source'),
    )
    .select('w.ord')
  // Whatever is joined to it and selected sees the same.
  return several as unknown as typeof one
}
