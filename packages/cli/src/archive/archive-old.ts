import type { LogEntry, StorageDriver } from '@sightline/core/ports'
import { fromSnapshotId } from '@sightline/core/ports'
import { type LogLine, type SnapshotLine, toSnapshotLine } from './archive-line.ts'
import { openDayFiles } from './day-files.ts'
import { DOCUMENTS, entriesOf, LINES } from './store-pages.ts'

export interface ArchiveOldOptions {
  /** Connected. */
  readonly storage: StorageDriver
  /** ms since the Unix epoch: what is older is archived. null: not this kind. */
  readonly before: { readonly history: number | null; readonly logs: number | null }
  readonly folder: string
  onProgress?(archived: ArchivedCounts): void
}

export interface ArchivedCounts {
  readonly documents: number
  readonly logs: number
}

const BUDGET_MS = 10_000

/** One line for every reader: some take these two for the end of one. */
const toText = (line: SnapshotLine | LogLine): string =>
  JSON.stringify(line).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')

/** What a prune would delete of a target: a present document stays, however old. */
async function* oldHistory(storage: StorageDriver, before: number): AsyncGenerator<SnapshotLine> {
  for await (const head of entriesOf((request) => storage.snapshots.heads('system', request), LINES)) {
    const key = fromSnapshotId(head.team, head.id)
    const old = entriesOf((request) => storage.snapshots.history(key, { ...request, asOf: before - 1 }), DOCUMENTS)
    for await (const entry of old) {
      const isPresent =
        head.deleted !== true && entry.version.revision === head.version.revision && entry.version.epoch === head.version.epoch
      if (!isPresent) yield toSnapshotLine(entry)
    }
  }
}

async function* oldLogs(storage: StorageDriver, before: number): AsyncGenerator<LogLine> {
  for await (const team of entriesOf((request) => storage.logs.teams(request), LINES)) {
    const query = { from: Number.MIN_SAFE_INTEGER, to: before, budgetMs: BUDGET_MS }
    const old = entriesOf<LogEntry>((request) => storage.logs.search({ team }, { ...query, ...request }), LINES)
    for await (const entry of old) yield { kind: 'log', team, entry }
  }
}

/**
 * Writes what is older than it is kept into compressed files, one a day: `history-2026-11-22.ndjson.gz`, `logs-2026-11-22.ndjson.gz`, lines as
 * in a backup. Deletes nothing. Resolves when the files are safe on the disk; run again, it adds what they lack.
 */
export const archiveOld = async ({ storage, before, folder, onProgress }: ArchiveOldOptions): Promise<ArchivedCounts> => {
  const counts = { documents: 0, logs: 0 }
  const archive = async (
    name: string,
    {
      lines,
      kind,
      atOf,
    }: { lines: AsyncIterable<SnapshotLine | LogLine>; kind: keyof ArchivedCounts; atOf(line: SnapshotLine | LogLine): number },
  ): Promise<void> => {
    const files = await openDayFiles(folder, name)
    for await (const line of lines) {
      await files.add({ at: atOf(line), text: toText(line) })
      counts[kind]++
      onProgress?.(counts)
    }
    counts[kind] = (await files.commit()).lines
  }
  const atOf = (line: SnapshotLine | LogLine): number => (line.kind === 'log' ? line.entry.at : line.at)
  if (before.history !== null) await archive('history', { lines: oldHistory(storage, before.history), kind: 'documents', atOf })
  if (before.logs !== null) await archive('logs', { lines: oldLogs(storage, before.logs), kind: 'logs', atOf })
  return counts
}
