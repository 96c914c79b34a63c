import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { SightlineError } from '@sightline/core'
import type { CollectionDefinition, StorageDriver } from '@sightline/core/ports'
import type { ArchiveLine, LineCounts } from './archive-line.ts'
import { contentChecksum } from './content-checksum.ts'
import { type ReadingPosition, readStore } from './read-store.ts'

const compress = promisify(gzip)

export interface BackupOptions {
  /** Connected. */
  readonly storage: StorageDriver
  /** The plan's. */
  readonly collections: readonly CollectionDefinition<never>[]
  /** What it becomes: NDJSON, compressed with gzip. It appears whole or not at all. */
  readonly file: string
  /** Tells the store from others, without a password: what was begun of another one is not gone on with. @default its kind alone */
  readonly source?: string
  /** ms since the Unix epoch. @default now */
  readonly takenAt?: number
  onProgress?(progress: { readonly counts: LineCounts; readonly label: string }): void
}

export interface ArchiveSummary {
  readonly counts: LineCounts
  readonly checksum: string
}

/** Beside the unfinished archive: how far it is good, and what it holds so far. */
interface Checkpoint {
  /** Which store, and what of it in which order. */
  readonly content: string
  readonly bytes: number
  readonly position: ReadingPosition
  readonly counts: LineCounts
  readonly checksum: string
}

/** Lines compressed at once, in characters. */
const CHUNK = 1_000_000

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

const contentOf = ({ storage, source = '', collections }: BackupOptions): string =>
  JSON.stringify([storage.name, source, collections.map(({ name }) => name)])

/** Null where there is none, and where it is of another store or of other collections. */
const readCheckpoint = async (partial: string, content: string): Promise<Checkpoint | null> => {
  if (!(await isThere(checkpointOf(partial))) || !(await isThere(partial))) return null
  try {
    const checkpoint = JSON.parse(await readFile(checkpointOf(partial), 'utf8')) as Checkpoint
    return checkpoint.content === content ? checkpoint : null
  } catch {
    return null
  }
}

const checkpointOf = (partial: string): string => `${partial}.json`

/**
 * Writes everything a store holds into a file that any storage can be restored from, while the store is in use: each document, record and
 * line as it was when it was read. An interrupted backup of the same store is gone on with where it stopped.
 *
 * @throws SightlineError `INVALID_INPUT` where the file is there already; what the storage rejects with
 * @example await backup({ storage, collections: storagePlan().collections, file: 'monday.sightline.gz' })
 */
export const backup = async (options: BackupOptions): Promise<ArchiveSummary> => {
  const { storage, collections, file, takenAt, onProgress } = options
  if (await isThere(file)) throw new SightlineError('INVALID_INPUT', `There is a file ${file} already; name another one.`)
  const partial = `${file}.partial`
  const checkpointFile = checkpointOf(partial)
  const content = contentOf(options)
  const begun = await readCheckpoint(partial, content)
  const checksum = contentChecksum(begun === null ? undefined : { counts: begun.counts, text: begun.checksum })
  const handle = await open(partial, begun === null ? 'w' : 'r+')
  let bytes = begun?.bytes ?? 0

  const write = async (text: string): Promise<void> => {
    const chunk = await compress(text)
    await handle.write(chunk, 0, chunk.byteLength, bytes)
    bytes += chunk.byteLength
  }
  const lineOf = (line: ArchiveLine): string => `${JSON.stringify(line)}\n`

  /** What is on the disk up to here is good, whatever happens next. */
  const keep = async (position: ReadingPosition): Promise<void> => {
    await handle.sync()
    const checkpoint: Checkpoint = { content, bytes, position, counts: checksum.counts, checksum: checksum.text }
    await writeFile(`${checkpointFile}.new`, JSON.stringify(checkpoint))
    await rename(`${checkpointFile}.new`, checkpointFile)
  }

  try {
    await handle.truncate(bytes)
    if (begun === null)
      await write(lineOf({ kind: 'sightline-archive', v: 1, storage: storage.name, takenAt: takenAt ?? Date.now() }))
    for await (const { lines, label, after } of readStore(storage, collections, begun?.position)) {
      let text = ''
      for await (const line of lines) {
        checksum.add(line)
        text += lineOf(line)
        if (text.length < CHUNK) continue
        await write(text)
        text = ''
        onProgress?.({ counts: checksum.counts, label })
      }
      if (text !== '') await write(text)
      if (after !== null) await keep(after)
      onProgress?.({ counts: checksum.counts, label })
    }
    const summary = { counts: checksum.counts, checksum: checksum.text }
    await write(lineOf({ kind: 'end', ...summary }))
    await handle.sync()
    await rename(partial, file)
    await rm(checkpointFile, { force: true })
    return summary
  } finally {
    await handle.close()
  }
}
