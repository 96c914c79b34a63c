import type { Outcome, Snapshot, SnapshotWrite } from '@sightline/core/ports'
import { noticeFrame, placeNoticeRows, toNoticeRow } from '../changes/change-notice.ts'
import type { SqlDialect } from '../dialect.ts'
import { packJsons, packNumbers, packTexts, unpackJsons } from '../postgres/packed-values.ts'
import type { Script } from '../statement.ts'
import { toStoredText, toStoredTexts } from '../stored-text.ts'
import { type Decision, decideReplace, type Epoch } from './decide-replace.ts'
import { toChange } from './snapshot-change.ts'
import type { TargetMemory } from './target-memory.ts'

type Won = Extract<Decision, { readonly kind: 'won' }>

/** A write that wins if nobody else has written to its target. */
interface Candidate {
  readonly index: number
  readonly name: string
  readonly target: number
  /** With its row. */
  readonly epoch: Epoch & { readonly id: number }
  readonly decision: Won
}

interface ReplaceKnownOptions {
  readonly dialect: SqlDialect
  readonly memory: TargetMemory
}

/**
 * Compare-and-set in one statement of its own, for writes on what this process wrote last: the usual change. Answers with those that have
 * won, by their place; nothing was done about the others.
 */
export function* replaceKnown(
  { dialect, memory }: ReplaceKnownOptions,
  writes: readonly SnapshotWrite[],
): Script<ReadonlyMap<number, Outcome<Snapshot>>> {
  const candidates = findCandidates(memory, writes)
  const rows = candidates.map(({ decision: { record } }) => toNoticeRow(toChange(record)))
  const notices = placeNoticeRows(rows)
  // One whose notification says less than the others' takes the long way.
  const usable = candidates.flatMap((candidate, index) => {
    const notice = notices[index] ?? null
    return notice === null ? [] : [{ ...candidate, row: rows[index] as string, notice }]
  })
  if (usable.length === 0) return new Map()
  const found = yield { sql: statementOf(dialect), values: valuesOf(usable), reusable: true, isWhole: true }
  const changed = new Set(
    (found as readonly { readonly targets: string }[]).flatMap(({ targets }) => targets.split(',').map(Number)),
  )
  const won = usable.filter(({ target }) => changed.has(target))
  for (const { name, decision } of won) memory.stage(name, decision.next)
  return new Map(won.map(({ index, decision }) => [index, { ok: true, record: decision.record }]))
}

/** The writes that are alone with their target, and would win on what is known of it. */
const findCandidates = (memory: TargetMemory, writes: readonly SnapshotWrite[]): readonly Candidate[] => {
  const names = writes.map(({ key }) => memory.identify(key).name)
  const places = new Map(names.map((name, index) => [name, index]))
  if (places.size < names.length) return []
  return writes.flatMap((write, index): readonly Candidate[] => {
    const name = names[index] as string
    const state = memory.guess(name)
    if (state === undefined || state.id === null || state.epoch === null || !state.isLive) return []
    const { id: target, epoch } = state
    const { id } = epoch
    const decision = decideReplace(state, write, () => '')
    if (id === null || decision.kind !== 'won' || decision.next.epoch !== epoch) return []
    return [{ index, name, target, epoch: { ...epoch, id }, decision }]
  })
}

type Usable = Candidate & { readonly row: string; readonly notice: number }

/** Columns, in the order of the statement. */
const valuesOf = (usable: readonly Usable[]): readonly unknown[] => {
  const records = usable.map(({ decision }) => decision.record)
  const { bytes, starts, sizes } = packTexts(records.map(({ body }) => toStoredText(body)))
  return [
    packNumbers(usable.map(({ target }) => target)),
    packNumbers(usable.map(({ epoch }) => epoch.id)),
    usable.map(({ epoch }) => epoch.name),
    packNumbers(records.map(({ version }) => version.revision)),
    packNumbers(records.map(({ fence }) => fence)),
    packNumbers(records.map(({ at }) => at)),
    packJsons(usable.map(({ decision }) => toStoredTexts(decision.next.recent))),
    records.map(({ writeId }) => toStoredText(writeId)),
    records.map(({ hash }) => toStoredText(hash)),
    records.map(({ detector }) => toStoredText(detector)),
    packNumbers(starts),
    packNumbers(sizes),
    packJsons(usable.map(({ row }) => row)),
    packNumbers(usable.map(({ notice }) => notice)),
    bytes,
  ]
}

/**
 * Targets are locked in the one order in which everybody locks them. A head that another transaction moves meanwhile is looked at again as
 * that left it (READ COMMITTED), and then is not the one that was expected.
 */
const statementOf = ({ tablePrefix: p, channel }: SqlDialect): string => `
with w as (
  select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::integer[], $5::float8[], $6::float8[], ${unpackJsons('$7')},
    $8::text[], $9::text[], $10::text[], $11::integer[], $12::integer[], ${unpackJsons('$13')}, $14::integer[])
  as w(target, epoch, epoch_name, revision, fence, at, recent, write_id, hash, detector, start, size, told, notice)),
l as (
  select t.id from ${p}targets t where t.id = any($1::bigint[]) order by t.team, t.api, t.source for no key update),
u as (
  update ${p}heads d set revision = w.revision, fence = w.fence, at = w.at, recent = w.recent
  from w join l on l.id = w.target join ${p}epochs e on e.id = w.epoch and e.epoch = w.epoch_name and e.target = w.target
  where d.target = w.target and d.epoch = w.epoch and d.revision = w.revision - 1 and d.removed_at is null and d.fence <= w.fence
  returning d.target),
h as (
  insert into ${p}history (epoch, revision, at, write_id, fence, hash, detector, data)
  select w.epoch, w.revision, w.at, w.write_id, w.fence, w.hash, w.detector,
    convert_from(substring($15::bytea from w.start for w.size), 'UTF8') from w join u on u.target = w.target)
select string_agg(w.target::text, ',') as targets,
  pg_notify(${channel}, '${noticeFrame.open}' || string_agg(w.told, ',') || '${noticeFrame.close}')
from w join u on u.target = w.target group by w.notice`
