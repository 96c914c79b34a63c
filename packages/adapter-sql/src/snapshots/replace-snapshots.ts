import type { Outcome, Snapshot, SnapshotWrite } from '@sightline/core/ports'
import { announce, type SqlDialect } from '../dialect.ts'
import { runRows, type Script } from '../statement.ts'
import { fromStoredText, toStoredText, toStoredTexts } from '../stored-text.ts'
import { type Decision, decideReplace, type EntryPointer, type Epoch, type TargetState, unknownTarget } from './decide-replace.ts'
import { toChange } from './snapshot-change.ts'
import { type SnapshotRow, toSnapshot } from './snapshot-row.ts'
import type { EntryKey, NewEntry, SnapshotStatements, StoredKey } from './snapshot-statements.ts'
import type { TargetIdentity, TargetMemory } from './target-memory.ts'
import { distinctKeys, holdTargets, targetKey } from './targets.ts'

interface ReplaceOptions {
  readonly dialect: SqlDialect
  readonly statements: SnapshotStatements
  readonly memory: TargetMemory
  newEpoch(): string
}

type Won = Extract<Decision, { readonly kind: 'won' }>

/** Decides the writes in their order on what is stored and stores what won: in all a few queries, whatever their number. */
export function* replaceSnapshots(
  { dialect, statements, memory, newEpoch }: ReplaceOptions,
  writes: readonly SnapshotWrite[],
): Script<readonly Outcome<Snapshot>[]> {
  // Also those that can only lose are made here: a target that appears while this waits must not be missed.
  if (dialect.locksRows) yield* holdTargets(statements, distinctKeys(writes.map(({ key }) => key)), { makeMissing: true })

  const targets = writes.map(({ key }) => memory.identify(key))
  yield* loadTargets(statements, memory, new Map(targets.map(({ name, stored }) => [name, stored])))
  const won: Winner[] = []
  const decisions = writes.map((write, ord) => {
    const { name, stored } = targets[ord] as TargetIdentity
    const decision = decideReplace(memory.get(name) ?? unknownTarget, write, newEpoch)
    if (decision.kind === 'won') {
      memory.stage(name, decision.next)
      won.push({ decision, name, key: stored })
    }
    return decision
  })
  if (won.length > 0) {
    yield* store(statements, memory, won)
    yield* announce(
      dialect,
      won.map(({ decision: { record } }) => toChange(record)),
    )
  }
  const entries = yield* loadEntries(statements, decisions)
  return decisions.map((decision, ord) => toOutcome(decision, writes[ord] as SnapshotWrite, entries))
}

/** Stages what is stored of the targets that are not known. */
function* loadTargets(
  statements: SnapshotStatements,
  memory: TargetMemory,
  wanted: ReadonlyMap<string, StoredKey>,
): Script<void> {
  const unknown = [...wanted].filter(([name]) => memory.get(name) === undefined)
  if (unknown.length === 0) return
  const rows = yield* runRows(
    statements.findTargets,
    unknown.map(([, { team, api, source }], ord) => ({ ord, team, api, source })),
  )
  for (const row of rows) {
    const { epoch_name, created_at, first_write } = row
    const epoch: Epoch | null =
      row.epoch === null || epoch_name === null || created_at === null || first_write === null
        ? null
        : { id: row.epoch, name: epoch_name, createdAt: created_at, firstWrite: fromStoredText(first_write) }
    memory.stage((unknown[row.ord] as readonly [string, StoredKey])[0], {
      ...unknownTarget,
      id: row.id,
      epoch,
      revision: row.revision ?? 0,
      fence: row.fence ?? 0,
      isLive: epoch !== null && row.removed_at === null,
      recent: row.recent === null ? [] : (JSON.parse(row.recent) as readonly string[]).map(fromStoredText),
    })
  }
}

interface Winner {
  readonly decision: Won
  readonly name: string
  readonly key: StoredKey
}

/** Writes what won: rows for new targets and epochs, an entry for each write, and each target's head once. */
function* store(statements: SnapshotStatements, memory: TargetMemory, won: readonly Winner[]): Script<void> {
  const winners = new Map(won.map(({ name, key }) => [name, key]))
  const stateOf = (name: string): TargetState => memory.get(name) as TargetState
  const unknown = [...winners].flatMap(([name, key]) => (stateOf(name).id === null ? [key] : []))
  if (unknown.length > 0) {
    for (const row of yield* runRows(statements.insertTargets, unknown)) {
      const name = targetKey(row)
      memory.stage(name, { ...stateOf(name), id: row.id })
    }
  }
  const fresh = won.filter(({ decision }) => decision.next.epoch?.id === null && decision.next.revision === 1)
  if (fresh.length > 0) yield* insertEpochs(statements, fresh, (name) => stateOf(name).id as number)

  yield* runRows(
    statements.insertEntries,
    won.map(({ decision }) => toNewEntry(decision)),
  )
  yield* runRows(
    statements.putHeads,
    [...winners.keys()].map((name) => {
      const { id, epoch, revision, fence, recent, latest } = stateOf(name)
      return {
        target: id as number,
        epoch: epoch?.id as number,
        revision,
        fence,
        at: (latest as Snapshot).at,
        recent: toStoredTexts(recent),
      }
    }),
  )
}

function* insertEpochs(statements: SnapshotStatements, fresh: readonly Winner[], idOf: (name: string) => number): Script<void> {
  const epochs = new Map(fresh.map(({ decision }) => [decision.record.version.epoch, decision.next.epoch as Epoch]))
  const rows = yield* runRows(
    statements.insertEpochs,
    fresh.map(({ decision: { record }, name }) => ({
      target: idOf(name),
      name: record.version.epoch,
      at: record.at,
      writeId: toStoredText(record.writeId),
    })),
  )
  for (const { id, epoch } of rows) {
    const begun = epochs.get(epoch)
    if (begun !== undefined) begun.id = id
  }
}

const toNewEntry = ({ record, next }: Won): NewEntry => ({
  epoch: next.epoch?.id as number,
  revision: record.version.revision,
  at: record.at,
  writeId: toStoredText(record.writeId),
  fence: record.fence,
  hash: toStoredText(record.hash),
  detector: toStoredText(record.detector),
  data: toStoredText(record.body),
})

type LoadedEntry = SnapshotRow & { readonly epoch_id: number }

/** What is stored of the entries that the answers show, by `entryKey`. */
function* loadEntries(statements: SnapshotStatements, decisions: readonly Decision[]): Script<ReadonlyMap<string, LoadedEntry>> {
  const wanted = decisions.flatMap((decision): readonly EntryKey[] => {
    const shown = decision.kind === 'won' ? null : decision.kind === 'repeated' ? decision.entry : decision.current
    return shown === null || 'version' in shown ? [] : [{ epoch: shown.epoch.id as number, revision: shown.revision }]
  })
  if (wanted.length === 0) return noEntries
  const rows = yield* runRows(statements.loadEntries, wanted)
  return new Map(rows.map((row) => [entryKey({ epoch: row.epoch_id, revision: row.revision }), row]))
}

const noEntries: ReadonlyMap<string, LoadedEntry> = new Map()

const entryKey = ({ epoch, revision }: EntryKey): string => `${epoch}/${revision}`

const toOutcome = (decision: Decision, write: SnapshotWrite, entries: ReadonlyMap<string, LoadedEntry>): Outcome<Snapshot> => {
  const load = (shown: Snapshot | EntryPointer): Snapshot | null => {
    if ('version' in shown) return shown
    const row = entries.get(entryKey({ epoch: shown.epoch.id as number, revision: shown.revision }))
    return row === undefined ? null : toSnapshot(write.key, row)
  }
  switch (decision.kind) {
    case 'won':
      return { ok: true, record: decision.record }
    case 'repeated':
      return { ok: true, record: load(decision.entry) ?? asFirstAnswered(decision.entry, write) }
    default:
      return { ok: false, reason: decision.kind, current: decision.current === null ? null : load(decision.current) }
  }
}

/** The answer to a repeat whose entry was pruned: a repeat is the same write, so it holds all but the version. */
const asFirstAnswered = (entry: Snapshot | EntryPointer, write: SnapshotWrite): Snapshot => {
  if ('version' in entry) return entry
  const { expected: _, ...rest } = write
  const { name, createdAt } = entry.epoch
  return { ...rest, version: { epoch: name, revision: entry.revision }, createdAt }
}
