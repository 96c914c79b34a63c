import type { Head, Snapshot, SnapshotKey, SnapshotWrite } from '@sightline/core/ports'
import { snapshotId } from '@sightline/core/ports'
import { toKeyText } from '../key-text.ts'
import { fromStoredJson, fromStoredText, toStoredJson, toStoredText } from '../stored-json.ts'

/** What latest documents and history entries have in common. `at` and `since` are ms since the Unix epoch, as the dates beside them are. */
interface BodyFields {
  readonly key: string
  readonly team: string
  readonly api: string
  readonly source: string
  readonly data?: unknown
  readonly text?: string
  readonly hash: string
  readonly createdAt: Date
  readonly epoch: string
  /** Grows by one with each epoch of a target, so that its history orders across them. */
  readonly era: number
  readonly revision: number
  readonly at: number
  /** When the epoch began. */
  readonly since: number
  readonly writeId: string
  readonly detector: string
  readonly writtenFence: number
}

/**
 * A target. Its newest history entry is in it, and is in the history as well before anything else becomes the latest. Revision 0 is one
 * that has only a fence.
 */
export interface LatestDocument extends BodyFields {
  readonly updatedAt: Date
  /** Writes below it are refused. */
  readonly fence: number
  readonly first: string
  readonly recent: readonly string[]
  readonly removedAt: number | null
  /** When it last became another version, by the server's clock as the writer knew it: what is looked at where no stream tells. */
  readonly changedAt: number
}

/** A history entry: never changed, except by adoption. */
export interface EntryDocument extends BodyFields {
  /** An adopted one keeps what it has. */
  readonly _id: string
}

export const keyTextOf = ({ team, api, region }: SnapshotKey): string => toKeyText(team, api, region)

export const entryId = (key: string, epoch: string, revision: number): string => `${key} ${toKeyText(epoch)} ${revision}`

interface Place {
  readonly epoch: string
  readonly era: number
  readonly revision: number
  readonly since: number
}

const toBody = (write: SnapshotWrite, { epoch, era, revision, since }: Place): BodyFields => ({
  key: keyTextOf(write.key),
  team: write.key.team,
  api: write.key.api,
  source: write.key.region,
  ...toStoredJson(write.body),
  hash: toStoredText(write.hash),
  createdAt: new Date(since),
  epoch,
  era,
  revision,
  at: write.at,
  since,
  writeId: toStoredText(write.writeId),
  detector: toStoredText(write.detector),
  writtenFence: write.fence,
})

/** The latest document after a write that won. `recent` are the ids of the epoch's writes before it, as they are stored. */
export const toLatest = (
  write: SnapshotWrite,
  place: Place,
  { first, recent, now }: { readonly first: string; readonly recent: readonly string[]; readonly now: number },
): LatestDocument => ({
  ...toBody(write, place),
  updatedAt: new Date(write.at),
  fence: write.fence,
  first,
  recent,
  removedAt: null,
  changedAt: now,
})

export const toEntry = ({
  key,
  team,
  api,
  source,
  data,
  text,
  hash,
  epoch,
  era,
  revision,
  at,
  since,
  writeId,
  detector,
  writtenFence,
}: LatestDocument): EntryDocument => ({
  _id: entryId(key, epoch, revision),
  key,
  team,
  api,
  source,
  ...(data === undefined ? {} : { data }),
  ...(text === undefined ? {} : { text }),
  hash,
  createdAt: new Date(at),
  epoch,
  era,
  revision,
  at,
  since,
  writeId,
  detector,
  writtenFence,
})

export const isLatest = (document: LatestDocument | undefined | null): document is LatestDocument =>
  document !== undefined && document !== null && document.revision > 0 && document.removedAt === null

export const toSnapshot = (document: BodyFields): Snapshot => ({
  key: { team: document.team, api: document.api, region: document.source },
  version: { epoch: document.epoch, revision: document.revision },
  writeId: fromStoredText(document.writeId),
  at: document.at,
  body: fromStoredJson(document),
  hash: fromStoredText(document.hash),
  fence: document.writtenFence,
  detector: fromStoredText(document.detector),
  createdAt: document.since,
})

/** A removed target's head is one revision on. */
export const toHead = ({
  team,
  api,
  source,
  epoch,
  revision,
  removedAt,
}: Pick<LatestDocument, 'team' | 'api' | 'source' | 'epoch' | 'revision' | 'removedAt'>): Head => {
  const head = { id: snapshotId({ api, region: source }), team }
  return removedAt === null
    ? { ...head, version: { epoch, revision } }
    : { ...head, version: { epoch, revision: revision + 1 }, deleted: true }
}
