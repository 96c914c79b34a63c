import { everyPage } from '@sightline/core/driver'
import type { LogEntry, StorageDriver } from '@sightline/core/ports'
import { fromSnapshotId } from '@sightline/core/ports'
import { type LogLine, type PointLine, type SnapshotLine, toSnapshotLine } from './archive-line.ts'
import { openDayFiles } from './day-files.ts'
import { lockFolder } from './folder-lock.ts'
import { DOCUMENTS, entriesOf, LINES } from './store-pages.ts'

/** Since when each kind of content stays, in ms since the Unix epoch: what is older goes. A kind that is not named stays whole. */
export interface KeptSince {
  readonly history?: number | null
  readonly logs?: number | null
  /** Single points; their rollups stay. */
  readonly samples?: number | null
}

export interface ArchiveOldOptions {
  /** Connected. */
  readonly storage: StorageDriver
  /** What is older is archived. */
  readonly before: KeptSince
  readonly folder: string
  onProgress?(archived: ArchivedCounts): void
}

export interface ArchivedCounts {
  readonly documents: number
  readonly logs: number
  readonly samples: number
}

type OldLine = SnapshotLine | LogLine | PointLine

const BUDGET_MS = 10_000
/** Series whose points are read together. */
const SERIES = 200

/** One line for every reader: some take these two for the end of one. */
const toText = (line: OldLine): string => JSON.stringify(line).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')

/** What a prune may delete: also a present document that is old, since it stays only while no other one is stored. */
async function* oldHistory(storage: StorageDriver, before: number): AsyncGenerator<SnapshotLine> {
  for await (const head of entriesOf((request) => storage.snapshots.heads('system', request), LINES)) {
    const key = fromSnapshotId(head.team, head.id)
    const old = entriesOf((request) => storage.snapshots.history(key, { ...request, asOf: before - 1 }), DOCUMENTS)
    for await (const entry of old) yield toSnapshotLine(entry)
  }
}

async function* oldLogs(storage: StorageDriver, before: number): AsyncGenerator<LogLine> {
  for await (const team of entriesOf((request) => storage.logs.teams(request), LINES)) {
    const query = { from: Number.MIN_SAFE_INTEGER, to: before, budgetMs: BUDGET_MS }
    const old = entriesOf<LogEntry>((request) => storage.logs.search({ team }, { ...query, ...request }), LINES)
    for await (const entry of old) yield { kind: 'log', team, entry }
  }
}

async function* oldPoints(storage: StorageDriver, before: number): AsyncGenerator<PointLine> {
  for await (const series of everyPage(SERIES, (request) => storage.samples.series(request))) {
    if (series.length === 0) continue
    const span = { series, from: Number.MIN_SAFE_INTEGER, to: before }
    for await (const point of entriesOf((request) => storage.samples.points(span, request), LINES))
      yield { kind: 'point', ...point }
  }
}

const timeOf = (line: OldLine): number => (line.kind === 'log' ? line.entry.at : line.at)

/**
 * Writes what is older than it is kept into compressed files, one a day: `history-2026-11-22.ndjson.gz`, `logs-2026-11-22.ndjson.gz`,
 * `samples-2026-11-22.ndjson.gz`, lines as in a backup. Deletes nothing. Resolves when the files are safe on the disk; run again, it adds what
 * they lack.
 *
 * @throws SightlineError `CONFLICT` while another process archives into the folder; what the storage rejects with
 */
export const archiveOld = async ({ storage, before, folder, onProgress }: ArchiveOldOptions): Promise<ArchivedCounts> => {
  await using _alone = await lockFolder(folder)
  const counts = { documents: 0, logs: 0, samples: 0 }
  const archive = async (name: string, kind: keyof ArchivedCounts, lines: AsyncIterable<OldLine>): Promise<void> => {
    const files = await openDayFiles(folder, name)
    for await (const line of lines) {
      await files.add({ at: timeOf(line), text: toText(line) })
      counts[kind]++
      onProgress?.(counts)
    }
    counts[kind] = (await files.commit()).lines
  }
  const { history = null, logs = null, samples = null } = before
  if (history !== null) await archive('history', 'documents', oldHistory(storage, history))
  if (logs !== null) await archive('logs', 'logs', oldLogs(storage, logs))
  if (samples !== null) await archive('samples', 'samples', oldPoints(storage, samples))
  return counts
}
