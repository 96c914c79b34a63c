import { inertJson } from '@sightline/core/driver'
import type { Snapshot, SnapshotKey, StorageDriver } from '@sightline/core/ports'
import { fromSnapshotId } from '@sightline/core/ports'

export const exportFormats = ['csv', 'json', 'ndjson'] as const
export type ExportFormat = (typeof exportFormats)[number]

export interface ExportOptions {
  /** Connected. */
  readonly storage: StorageDriver
  readonly format: ExportFormat
  /** Default: every api. */
  readonly api?: string | undefined
  /** Default: every region. */
  readonly region?: string | undefined
  /** ms since the Unix epoch, inclusive. Default: all there is. */
  readonly from?: number | undefined
  /** ms since the Unix epoch, inclusive. Default: now. */
  readonly to?: number | undefined
  /** Called after each document that went out. */
  readonly onDocument?: () => void
}

const PAGE = 25
const HEADS = 100

type Span = Pick<ExportOptions, 'storage' | 'from' | 'to'>

async function* historyOf(key: SnapshotKey, { storage, from = Number.NEGATIVE_INFINITY, to }: Span): AsyncGenerator<Snapshot> {
  let cursor: string | null = null
  do {
    const query = { limit: PAGE, ...(to === undefined ? {} : { asOf: to }), ...(cursor === null ? {} : { cursor }) }
    const page = await storage.snapshots.history(key, query)
    for (const entry of page.items) {
      if (entry.at < from) return
      yield entry
    }
    cursor = page.next
  } while (cursor !== null)
}

async function* entriesOf({ storage, api, region, ...span }: ExportOptions): AsyncGenerator<Snapshot> {
  let cursor: string | null = null
  do {
    const page = await storage.snapshots.heads('system', { limit: HEADS, ...(cursor === null ? {} : { cursor }) })
    for (const head of page.items) {
      const key = fromSnapshotId(head.team, head.id)
      const isWanted = (api === undefined || key.api === api) && (region === undefined || key.region === region)
      if (isWanted) yield* historyOf(key, { storage, ...span })
    }
    cursor = page.next
  } while (cursor !== null)
}

const COLUMNS = ['at', 'team', 'api', 'region', 'epoch', 'revision', 'document'] as const

/** What a spreadsheet would run as a formula is marked as text (https://owasp.org/www-community/attacks/CSV_Injection). */
const cell = (text: string): string => {
  const inert = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert
}

const toRow = ({ at, key, version, body }: Snapshot): string =>
  [new Date(at).toISOString(), key.team, key.api, key.region, version.epoch, String(version.revision), body].map(cell).join(',')

/** The document as the text it is, not parsed and written anew: `1e21` stays `1e21`. Only what a terminal would follow is escaped. */
const toJson = ({ at, key, version, body }: Snapshot): string => {
  const head = JSON.stringify({ at: new Date(at).toISOString(), ...key, ...version })
  return inertJson(`${head.slice(0, -1)},"document":${body}}`)
}

/** The history of documents, newest first within each target, in pieces: however much there is, little of it is held at once. */
export async function* exportHistory(options: ExportOptions): AsyncGenerator<string> {
  const { format, onDocument } = options
  let count = 0
  if (format === 'csv') yield `${COLUMNS.join(',')}\r\n`
  if (format === 'json') yield '['
  for await (const entry of entriesOf(options)) {
    if (format === 'csv') yield `${toRow(entry)}\r\n`
    else if (format === 'ndjson') yield `${toJson(entry)}\n`
    else yield `${count === 0 ? '' : ','}\n${toJson(entry)}`
    count++
    onDocument?.()
  }
  if (format === 'json') yield '\n]\n'
}
