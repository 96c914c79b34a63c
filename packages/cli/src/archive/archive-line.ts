import type { LogEntry, Point, Series, Snapshot, SnapshotKey } from '@sightline/core/ports'

/** One entry of a target's history, oldest first; the last of a target is its latest document. */
export interface SnapshotLine {
  readonly kind: 'snapshot'
  readonly key: SnapshotKey
  readonly at: number
  readonly body: string
  readonly hash: string
  readonly fence: number
  readonly detector: string
}

export const toSnapshotLine = ({ key, at, body, hash, fence, detector }: Snapshot): SnapshotLine => ({
  kind: 'snapshot',
  key: { team: key.team, api: key.api, region: key.region },
  at,
  body,
  hash,
  fence,
  detector,
})

/** The target of the entries before was removed; they are its history. */
export interface RemovedLine {
  readonly kind: 'removed'
  readonly key: SnapshotKey
}

export interface RecordLine {
  readonly kind: 'record'
  readonly store: string
  readonly team: string
  readonly id: string
  readonly at: number
  readonly value: unknown
}

export interface PointLine extends Point {
  readonly kind: 'point'
}

/** `stats` in Base64. */
export interface BucketLine {
  readonly kind: 'bucket'
  readonly series: Series
  readonly resolutionMs: number
  readonly start: number
  readonly stats: string
}

export interface LogLine {
  readonly kind: 'log'
  readonly team: string
  readonly entry: LogEntry
}

/** What a store holds, as an archive and every storage can carry it: without the storage's own revisions. */
export type ContentLine = SnapshotLine | RemovedLine | RecordLine | PointLine | BucketLine | LogLine

/** How many lines of each kind. */
export type LineCounts = Readonly<Partial<Record<ContentLine['kind'], number>>>

/** The first line. `takenAt` is ms since the Unix epoch. */
export interface HeaderLine {
  readonly kind: 'sightline-archive'
  readonly v: 1
  readonly storage: string
  readonly takenAt: number
}

/** The last line: what an archive without it is missing cannot be known. */
export interface EndLine {
  readonly kind: 'end'
  readonly counts: LineCounts
  readonly checksum: string
}

export type ArchiveLine = HeaderLine | ContentLine | EndLine
