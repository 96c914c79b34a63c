import { createWriteStream } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { SightlineError } from '@sightline/core'
import type { LineCounts } from '../archive/archive-line.ts'
import { archiveOld } from '../archive/archive-old.ts'
import { describeCounts } from '../archive/describe-counts.ts'
import { type ExportFormat, exportFormats, exportHistory } from '../archive/export-history.ts'
import { pruneStore } from '../archive/prune-store.ts'
import { verifyArchive } from '../archive/read-archive.ts'
import { checksumOf, restore } from '../archive/restore-archive.ts'
import { backup } from '../archive/write-archive.ts'
import { openStore } from './open-store.ts'
import type { Progress } from './progress.ts'

/** What a command is given: its words, its options, and where it tells of itself. */
export interface CommandContext {
  readonly words: readonly string[]
  readonly options: Readonly<Record<string, string | undefined>>
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly directory: string
  readonly progress: Progress
  print(text: string): void
}

const DAY_MS = 86_400_000

const misuse = (message: string): SightlineError => new SightlineError('INVALID_INPUT', message)

const storeOf = ({ variables, directory, options }: CommandContext) => openStore({ variables, directory, url: options.url })

/** The store of a command that reads or deletes: a mistyped file is no empty store. */
const presentStoreOf = ({ variables, directory, options }: CommandContext) =>
  openStore({ variables, directory, url: options.url, mustExist: true })

const fileIn = ({ words }: CommandContext, what: string): string => {
  const [file, ...rest] = words
  if (file === undefined || rest.length > 0) throw misuse(`Name one file ${what}.`)
  return file
}

export const backupCommand = async (context: CommandContext): Promise<void> => {
  const file = fileIn(context, 'for the backup')
  await using store = await presentStoreOf(context)
  const { counts, checksum } = await backup({
    ...store,
    file,
    onProgress: ({ counts, label }) => context.progress.tell(`${describeCounts(counts)} (${label})`),
  })
  context.progress.end()
  context.print(`${file} holds ${describeCounts(counts)}.\nChecksum ${checksum}`)
}

export const restoreCommand = async (context: CommandContext): Promise<void> => {
  const file = fileIn(context, 'to restore from')
  await using store = await storeOf(context)
  let archived: LineCounts = {}
  const { counts, checksum } = await restore({
    ...store,
    file,
    onProgress: ({ counts, of }) => {
      archived = of
      context.progress.tell(describeCounts(counts, of))
    },
  })
  context.progress.end()
  const expired = (archived.record ?? 0) - (counts.record ?? 0)
  const rest = expired === 0 ? '' : ` but for ${expired} records that have expired since`
  context.print(
    `The ${store.storage.name} store holds ${describeCounts(counts)}, equal to the archive${rest}.\nChecksum ${checksum}`,
  )
}

/** Of an archive, or of the store where none is named. */
export const verifyCommand = async (context: CommandContext): Promise<void> => {
  const [file, ...rest] = context.words
  if (rest.length > 0) throw misuse('Name one archive, or none for the store itself.')
  if (file !== undefined) {
    const { counts, checksum } = await verifyArchive(file)
    context.print(`${file} is whole: ${describeCounts(counts)}.\nChecksum ${checksum}`)
    return
  }
  await using store = await presentStoreOf(context)
  const { counts, checksum } = await checksumOf(store.storage, store.collections)
  context.print(`The ${store.storage.name} store holds ${describeCounts(counts)}.\nChecksum ${checksum}`)
}

const timeIn = (text: string | undefined, name: string): number | undefined => {
  if (text === undefined) return undefined
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw misuse(`--${name} must be a time such as 2026-11-21 or 2026-11-21T08:00:00Z.`)
  return time
}

export const exportCommand = async (context: CommandContext): Promise<void> => {
  const file = fileIn(context, 'to export to, or - for standard output')
  const { format = /\.(\w+)$/.exec(file)?.[1] ?? 'ndjson', api, region, from, to } = context.options
  if (!exportFormats.includes(format as ExportFormat)) throw misuse(`--format must be one of ${exportFormats.join(', ')}.`)
  await using store = await presentStoreOf(context)
  let documents = 0
  const pieces = exportHistory({
    ...store,
    format: format as ExportFormat,
    api,
    region,
    from: timeIn(from, 'from'),
    to: timeIn(to, 'to'),
    onDocument: () => context.progress.tell(`${++documents} documents`),
  })
  const isStandardOutput = file === '-'
  const target = isStandardOutput ? process.stdout : createWriteStream(file, { flags: 'wx' })
  try {
    await pipeline(Readable.from(pieces), target, { end: !isStandardOutput })
  } catch (error) {
    if (!(error instanceof Error && 'path' in error)) throw error
    throw new SightlineError('INVALID_INPUT', `${file} cannot be written: ${error.message}.`, { cause: error })
  }
  context.progress.end()
  if (!isStandardOutput)
    context.print(`${file} holds ${documents.toLocaleString('en')} ${documents === 1 ? 'document' : 'documents'}.`)
}

export const migrateCommand = async (context: CommandContext): Promise<void> => {
  if (context.words.length > 0) throw misuse('migrate takes no file.')
  await using store = await storeOf(context)
  const finished = await store.storage.recover()
  const rest = finished === 0 ? '' : ` ${finished} writes of processes that died were finished.`
  context.print(`The ${store.storage.name} store is ready for this version.${rest}`)
}

const KINDS = ['history', 'logs', 'samples'] as const

const beforeDays = (serverTime: number, { days, name }: { readonly days: string | undefined; readonly name: string }) => {
  if (days === undefined) return null
  if (!(Number(days) > 0 && Number.isFinite(Number(days)))) throw misuse(`--${name} must be a number above 0.`)
  return serverTime - Number(days) * DAY_MS
}

export const pruneCommand = async (context: CommandContext): Promise<void> => {
  if (context.words.length > 0) throw misuse('prune takes no file.')
  await using store = await presentStoreOf(context)
  const { archive, 'history-days': historyDays = String(store.historyDays), ...days } = context.options
  const { serverTime } = await store.storage.ping()
  const before = {
    history: beforeDays(serverTime, { days: historyDays, name: 'history-days' }),
    logs: beforeDays(serverTime, { days: days['log-days'], name: 'log-days' }),
    samples: beforeDays(serverTime, { days: days['sample-days'], name: 'sample-days' }),
  }
  if (archive !== undefined) {
    const folder = path.resolve(context.directory, archive)
    const archived = await archiveOld({
      storage: store.storage,
      before,
      folder,
      onProgress: ({ documents, logs, samples }) =>
        context.progress.tell(`${documents} documents, ${logs} log lines, ${samples} samples read`),
    })
    context.progress.end()
    context.print(
      `Archived in ${archive}: ${archived.documents} documents, ${archived.logs} log lines, ${archived.samples} samples.`,
    )
  }
  const { documents, records, logs, samples } = await pruneStore({
    ...store,
    before,
    onProgress: (deleted) =>
      context.progress.tell(
        `${deleted.documents} documents, ${deleted.records} records, ${deleted.logs} log lines, ${deleted.samples} samples deleted`,
      ),
  })
  context.progress.end()
  const deleted = {
    history: `${documents} documents, ${records} deleted or expired records`,
    logs: `${logs} log lines`,
    samples: `${samples} samples`,
  }
  for (const kind of KINDS) {
    const since = before[kind]
    if (since !== null) context.print(`Deleted what is older than ${new Date(since).toISOString()}: ${deleted[kind]}.`)
  }
}
