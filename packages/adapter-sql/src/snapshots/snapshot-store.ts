import { checkLimit, checkNumber, fromCursor, teamOf, toCursor, toPage } from '@sightline/core/driver'
import {
  type Head,
  type Outcome,
  type Page,
  type PageRequest,
  type Scope,
  type Snapshot,
  type SnapshotKey,
  type SnapshotStore,
  type SnapshotWrite,
  snapshotId,
  type Version,
} from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'
import { snapshotStore } from '../changes/change.ts'
import { announce, type SqlDialect } from '../dialect.ts'
import { ownWrites } from '../own-writes.ts'
import { runOnce, runRows, type Script } from '../statement.ts'
import type { StoreAccess } from '../store-access.ts'
import { fromStoredText, toStoredText } from '../stored-text.ts'
import { pruneHistory } from './prune-history.ts'
import { replaceKnown } from './replace-known.ts'
import { replaceSnapshots } from './replace-snapshots.ts'
import { toSnapshot } from './snapshot-row.ts'
import { type SnapshotStatements, snapshotStatements } from './snapshot-statements.ts'
import { targetMemory } from './target-memory.ts'
import { checkKey, distinctKeys, holdTargets, targetKey, toStoredKey } from './targets.ts'

/** What waits to be written to the snapshots; replaces that follow each other are decided together. */
type SnapshotRequest =
  | { readonly kind: 'replace'; readonly writes: readonly SnapshotWrite[] }
  | { readonly kind: 'raise-fence'; readonly keys: readonly SnapshotKey[]; readonly fence: number }
  | { readonly kind: 'remove'; readonly keys: readonly SnapshotKey[]; readonly at: number }

type HistoryQuery = PageRequest & { readonly asOf?: number }

export const sqlSnapshots = (access: StoreAccess): SnapshotStore => {
  const { dialect, queue, read, readBehind, now, newEpoch, generation } = access
  const statements = snapshotStatements(dialect)
  const memory = targetMemory(ownWrites(dialect.changeCounter, generation), { isTrusted: dialect.changeCounter !== null })

  const replace = (writes: readonly SnapshotWrite[]): Script<readonly Outcome<Snapshot>[]> =>
    replaceSnapshots({ dialect, statements, memory, newEpoch }, writes)

  function* replaceMostlyKnown(writes: readonly SnapshotWrite[]): Script<readonly Outcome<Snapshot>[]> {
    const won = yield* replaceKnown({ dialect, memory }, writes)
    if (won.size === 0) return yield* replace(writes)
    const left = writes.filter((_, index) => !won.has(index))
    const outcomes = left.length === 0 ? [] : yield* replace(left)
    let next = 0
    return writes.map((_, index) => won.get(index) ?? (outcomes[next++] as Outcome<Snapshot>))
  }

  function* apply(requests: readonly SnapshotRequest[]): Script<readonly (readonly Outcome<Snapshot>[])[]> {
    yield* memory.begin()
    const answers: (readonly Outcome<Snapshot>[])[] = []
    for (let index = 0; index < requests.length; ) {
      const request = requests[index] as SnapshotRequest
      if (request.kind !== 'replace') {
        for (const key of request.keys) memory.forget(targetKey(toStoredKey(key)))
        if (request.kind === 'remove') yield* removeSnapshots(dialect, statements, request)
        else yield* raiseFences(statements, request)
        answers.push([])
        index++
        continue
      }
      const together = replacesFrom(requests, index)
      const writes = together.length === 1 ? request.writes : together.flat()
      // What stands whatever follows must come first, and nothing be decided on it that is no longer locked.
      const isAlone = together.length === requests.length
      let outcomes = dialect.takesArrays && isAlone ? yield* replaceMostlyKnown(writes) : yield* replace(writes)
      for (const { length } of together) {
        answers.push(outcomes.slice(0, length))
        outcomes = outcomes.slice(length)
      }
      index += together.length
    }
    return answers
  }

  const lane = queue.lane(apply, memory.adopt)

  return {
    load: async (keys) => {
      keys.forEach(checkKey)
      return read(() => loadLatest(statements, keys))
    },

    heads: async (scope, page) => {
      checkLimit(page.limit)
      return read(() => listHeads(dialect, scope, page))
    },

    replace: async (writes) => {
      for (const { key, fence, at } of writes) {
        checkKey(key)
        checkFence(fence)
        checkNumber(`The time of a change`, at)
      }
      return writes.length === 0 ? [] : lane.submit({ kind: 'replace', writes }, writes.length)
    },

    raiseFence: async (keys, fence) => {
      keys.forEach(checkKey)
      checkFence(fence)
      if (keys.length > 0) await lane.submit({ kind: 'raise-fence', keys, fence }, keys.length)
    },

    history: async (key, query) => {
      checkKey(key)
      checkLimit(query.limit)
      return readBehind(() => listHistory(dialect, key, query))
    },

    revisions: async (key, versions) => {
      checkKey(key)
      return read(() => loadRevisions(statements, key, versions))
    },

    remove: async (keys) => {
      keys.forEach(checkKey)
      if (keys.length > 0) await lane.submit({ kind: 'remove', keys, at: now() }, keys.length)
    },

    prune: async (request) => {
      checkLimit(request.limit)
      const deleted = await pruneHistory(access, statements, request)
      memory.clear()
      return deleted
    },
  }
}

const checkFence = (fence: number): void => {
  if (!(Number.isFinite(fence) && fence >= 0)) {
    throw new SightlineError('INVALID_INPUT', `A fence must be a number of at least 0, not ${fence}.`)
  }
}

const replacesFrom = (requests: readonly SnapshotRequest[], start: number): readonly (readonly SnapshotWrite[])[] => {
  const together: (readonly SnapshotWrite[])[] = []
  for (let index = start; index < requests.length; index++) {
    const request = requests[index] as SnapshotRequest
    if (request.kind !== 'replace') break
    together.push(request.writes)
  }
  return together
}

function* loadLatest(statements: SnapshotStatements, keys: readonly SnapshotKey[]): Script<readonly (Snapshot | null)[]> {
  const found: (Snapshot | null)[] = keys.map(() => null)
  const rows = yield* runRows(
    statements.loadLatest,
    keys.map((key, ord) => ({ ...toStoredKey(key), ord })),
  )
  for (const row of rows) found[row.ord] = toSnapshot(keys[row.ord] as SnapshotKey, row)
  return found
}

function* loadRevisions(
  statements: SnapshotStatements,
  key: SnapshotKey,
  versions: readonly Version[],
): Script<readonly (Snapshot | null)[]> {
  const found: (Snapshot | null)[] = versions.map(() => null)
  const rows = yield* runRows(
    statements.loadRevisions,
    versions.map(({ epoch, revision }, ord) => ({ ...toStoredKey(key), ord, epoch: toStoredText(epoch), revision })),
  )
  for (const row of rows) found[row.ord] = toSnapshot(key, row)
  return found
}

interface RaiseFence {
  readonly keys: readonly SnapshotKey[]
  readonly fence: number
}

function* raiseFences(statements: SnapshotStatements, { keys, fence }: RaiseFence): Script<void> {
  const ids = yield* holdTargets(statements, distinctKeys(keys), { makeMissing: true })
  yield* runRows(
    statements.raiseFences,
    [...ids.values()].map((target) => ({ target, fence })),
  )
}

interface Removal {
  readonly keys: readonly SnapshotKey[]
  readonly at: number
}

function* removeSnapshots(dialect: SqlDialect, statements: SnapshotStatements, { keys, at }: Removal): Script<void> {
  const ids = yield* holdTargets(statements, distinctKeys(keys), { makeMissing: false })
  const removed = yield* runRows(
    statements.removeHeads,
    [...ids.values()].map((target) => ({ target, at })),
  )
  if (dialect.announce === null || removed.length === 0) return
  const heads = yield* runRows(statements.findHeads, removed)
  yield* announce(
    dialect,
    heads.map((row) => ({ store: snapshotStore, head: toHead(row) })),
  )
}

function* listHeads({ queries }: SqlDialect, scope: Scope, { limit, cursor }: PageRequest): Script<Page<Head>> {
  const team = teamOf(scope)
  const listing = `heads ${team ?? '*'}`
  const after = fromCursor<[string, string, string]>(listing, cursor)
  let query = queries
    .selectFrom('targets as t')
    .innerJoin('heads as d', 'd.target', 't.id')
    .innerJoin('epochs as e', 'e.id', 'd.epoch')
    .select(['t.team', 't.api', 't.source', 'd.revision', 'd.removed_at', 'e.epoch'])
    .orderBy('t.team')
    .orderBy('t.api')
    .orderBy('t.source')
    .limit(limit + 1)
  if (team !== null) query = query.where('t.team', '=', toStoredText(team))
  if (after !== null) {
    query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('t.team', 't.api', 't.source'), '>', tuple(...after)))
  }
  const { items: rows, next } = toPage(yield* runOnce(query), limit, (last) =>
    toCursor(listing, [last.team, last.api, last.source]),
  )
  return { items: rows.map(toHead), next }
}

interface HeadRow {
  readonly team: string
  readonly api: string
  readonly source: string
  readonly epoch: string
  readonly revision: number
  readonly removed_at: number | null
}

const toHead = ({ team, api, source, epoch, revision, removed_at }: HeadRow): Head => {
  const id = snapshotId({ api: fromStoredText(api), region: fromStoredText(source) })
  const head = { id, team: fromStoredText(team) }
  if (removed_at === null) return { ...head, version: { epoch, revision } }
  return { ...head, version: { epoch, revision: revision + 1 }, deleted: true }
}

function* listHistory(dialect: SqlDialect, key: SnapshotKey, { limit, cursor, asOf }: HistoryQuery): Script<Page<Snapshot>> {
  const { queries } = dialect
  const stored = toStoredKey(key)
  const listing = `history ${JSON.stringify(stored)}`
  const after = fromCursor<[number, number]>(listing, cursor)
  let query = queries
    .selectFrom('targets as t')
    .innerJoin('epochs as e', 'e.target', 't.id')
    .innerJoin('history as h', 'h.epoch', 'e.id')
    .where('t.team', '=', stored.team)
    .where('t.api', '=', stored.api)
    .where('t.source', '=', stored.source)
    .select(['e.id', 'e.epoch', 'e.created_at'])
    .select(['h.revision', 'h.at', 'h.write_id', 'h.fence', 'h.hash', 'h.detector', 'h.data'])
    .orderBy('e.id', 'desc')
    .orderBy('h.revision', 'desc')
  if (after !== null) {
    query = query.where(({ eb, or, and }) =>
      or([eb('e.id', '<', after[0]), and([eb('e.id', '=', after[0]), eb('h.revision', '<', after[1])])]),
    )
  } else if (asOf !== undefined) {
    const [first] = yield* runOnce(query.where('h.at', '<=', asOf).limit(1))
    if (first === undefined) return { items: [], next: null }
    query = query.where(({ eb, or, and }) =>
      or([eb('e.id', '<', first.id), and([eb('e.id', '=', first.id), eb('h.revision', '<=', first.revision)])]),
    )
  }
  const found = yield* runOnce(query.limit(limit + 1))
  const { items: rows, next } = toPage(found, limit, (last) => toCursor(listing, [last.id, last.revision]))
  return { items: rows.map((row) => toSnapshot(key, row)), next }
}
