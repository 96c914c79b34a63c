import { fieldOf, type Path, pathsOf, type RecordState, type RememberedWrites } from '@sightline/core/driver'
import type { CollectionPlan, Head, Write } from '@sightline/core/ports'
import { escapeText, toKeyText } from '../key-text.ts'
import { fromStoredText, toStoredText } from '../stored-json.ts'
import { toIndexText } from './index-text.ts'

/** An insert that follows a write, as its record carries it until it is stored. */
export interface CarriedInsert {
  readonly store: string
  readonly team: string
  readonly id: string
  readonly writeId: string
  readonly at: number
  readonly value: string
}

/** A record or its tombstone. Ids begin with the record's id, so that they order the records of equal keys. */
export interface RecordDocument {
  readonly _id: string
  readonly team: string
  readonly id: string
  readonly epoch: string
  readonly revision: number
  readonly at: number
  /** JSON; null is a tombstone. */
  readonly value: string | null
  /** Of a tombstone: what heads are told by, without reading `value`. */
  readonly deleted: boolean
  /** When it was deleted, or when it expires. */
  readonly endsAt: number | null
  /** When it last became another version, by the server's clock as the writer knew it: what is looked at where no stream tells. */
  readonly changedAt: number
  /** When the server may clear it away by itself. */
  readonly expires: Date | null
  readonly first: string
  readonly recent: readonly string[]
  /** By `pathField`: where it stands in each index. */
  readonly keys: Readonly<Record<string, string>>
  /** By `nameField`: the unique values it holds, its own id standing in for none. */
  readonly unique: Readonly<Record<string, string>>
  /** What follows its last write and is not known to be stored yet. */
  readonly then?: readonly CarriedInsert[]
  readonly thenAt?: number
}

/** The server clears what expired so much later: nobody depends on it, and whoever recovers comes first. */
const clearsAfterMs = 86_400_000

export const recordId = ({ team, id }: Pick<Write, 'team' | 'id'>): string => toKeyText(id, team)

/** A name as a field can have it: neither a dot nor a dollar. */
export const nameField = (name: string): string => escapeText(name).replaceAll('.', '~2e').replaceAll('$', '~24')

export const pathField = (path: Path): string => path.map((field) => nameField(field).replaceAll('+', '~2b')).join('+')

/** The unique values of a live value, by field; of a tombstone none is held. */
export const uniqueFields = (
  plan: CollectionPlan,
  { team, id, value }: { readonly team: string; readonly id: string; readonly value: unknown },
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(plan.unique ?? {}).map(([name, uniqueValue]) => {
      const unique = value === null ? null : uniqueValue(value as never)
      return [nameField(name), unique === null ? standIn({ team, id }) : heldValue(team, unique)]
    }),
  )

export const isHeld = (value: string): boolean => value.startsWith('v ')

export const standIn = (record: { readonly team: string; readonly id: string }): string => `i ${recordId(record)}`

const heldValue = (team: string, value: string): string => `v ${toKeyText(team)} ${escapeText(value)}`

export const keyFields = (plan: CollectionPlan, value: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(pathsOf(plan).map((path) => [pathField(path), toIndexText(path.map((field) => fieldOf(value, field)))]))

export const toDocument = (plan: CollectionPlan, record: RecordState, now: number): RecordDocument => {
  const value: unknown = record.text === null ? null : JSON.parse(record.text)
  return {
    _id: recordId(record),
    team: record.team,
    id: record.id,
    epoch: record.version.epoch,
    revision: record.version.revision,
    at: record.at,
    value: record.text,
    deleted: record.text === null,
    endsAt: record.endsAt,
    changedAt: now,
    expires: record.text === null || record.endsAt === null ? null : toDate(record.endsAt + clearsAfterMs),
    ...toWrites(record.writes),
    keys: record.text === null ? {} : keyFields(plan, value),
    unique: uniqueFields(plan, { team: record.team, id: record.id, value }),
  }
}

const toWrites = ({ first, recent }: RememberedWrites): Pick<RecordDocument, 'first' | 'recent'> => ({
  first: toStoredText(first),
  recent: recent.map(toStoredText),
})

export const toRecord = (store: string, document: RecordDocument): RecordState => ({
  store,
  team: document.team,
  id: document.id,
  version: { epoch: document.epoch, revision: document.revision },
  at: document.at,
  text: document.value,
  endsAt: document.endsAt,
  writes: { first: fromStoredText(document.first), recent: document.recent.map(fromStoredText) },
})

/** `deleted` says of a tombstone what `value` would, without being read. */
export const toRecordHead = ({
  id,
  team,
  epoch,
  revision,
  deleted,
}: Pick<RecordDocument, 'id' | 'team' | 'epoch' | 'revision' | 'deleted'>): Head => ({
  id,
  team,
  version: { epoch, revision },
  ...(deleted === true ? { deleted: true as const } : {}),
})

/** null for a time that no date has. */
const toDate = (at: number): Date | null => {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? null : date
}
