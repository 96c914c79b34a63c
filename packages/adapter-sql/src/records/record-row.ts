import type { RecordState } from '@sightline/core/driver'
import type { Schema } from '../schema.ts'
import { fromStoredText, toStoredText } from '../stored-text.ts'

/** A row of `records` as selected. */
export type RecordRow = Schema['records']

export const fromRecordRow = ({ store, team, id, epoch, revision, at, value, ends_at, writes }: RecordRow): RecordState => {
  const [first, ...recent] = JSON.parse(writes) as readonly string[]
  return {
    store: fromStoredText(store),
    team: fromStoredText(team),
    id: fromStoredText(id),
    version: { epoch, revision },
    at,
    text: value,
    endsAt: ends_at,
    writes: { first: first as string, recent },
  }
}

export const toRecordRow = ({ store, team, id, version, at, text, endsAt, writes }: RecordState): RecordRow => ({
  store: toStoredText(store),
  team: toStoredText(team),
  id: toStoredText(id),
  epoch: version.epoch,
  revision: version.revision,
  at,
  // JSON.stringify escapes what an engine could not hold.
  value: text,
  ends_at: endsAt,
  writes: JSON.stringify([writes.first, ...writes.recent]),
})
