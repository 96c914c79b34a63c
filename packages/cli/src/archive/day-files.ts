import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { appendFile, copyFile, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { createGunzip, gzipSync } from 'node:zlib'

/** Lines by the day they are of, on their way into files of a folder. */
export interface DayFiles {
  /** `at` is ms since the Unix epoch. */
  add(line: { readonly at: number; readonly text: string }): Promise<void>
  /** Puts what was added into the files, safe on the disk. Lines that a file has already are left out: who was interrupted begins anew. */
  commit(): Promise<{ readonly lines: number; readonly files: readonly string[] }>
}

/** Lines that wait in memory, and that one gzip member holds, in characters. */
const PIECE = 4_000_000
const STAGING = '.staging'

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10)

const digestOf = (text: string): string => createHash('sha1').update(text).digest('base64')

/** `<folder>/<name>-2026-11-22.ndjson.gz` for each day; a day is appended to as another member, as gzip allows. */
export const openDayFiles = async (folder: string, name: string): Promise<DayFiles> => {
  const staging = path.join(folder, STAGING)
  await mkdir(folder, { recursive: true })
  // What an interrupted run collected is collected again.
  await rm(staging, { recursive: true, force: true })
  await mkdir(staging)
  const waiting = new Map<string, string[]>()
  let size = 0

  const flush = async (): Promise<void> => {
    for (const [day, lines] of waiting) await appendFile(path.join(staging, day), lines.map((line) => `${line}\n`).join(''))
    waiting.clear()
    size = 0
  }

  const knownIn = async (file: string): Promise<Set<string>> => {
    const known = new Set<string>()
    for await (const line of linesOf(createReadStream(file).pipe(createGunzip()))) known.add(digestOf(line))
    return known
  }

  const commitDay = async (day: string): Promise<{ readonly lines: number; readonly file: string }> => {
    const file = path.join(folder, `${name}-${day}.ndjson.gz`)
    const next = `${file}.next`
    const isThere = await copyFile(file, next).then(
      () => true,
      () => false,
    )
    if (!isThere) await rm(next, { force: true })
    const known = isThere ? await knownIn(file) : new Set<string>()
    const handle = await open(next, 'a')
    let count = 0
    let piece: string[] = []
    let length = 0
    const write = async (): Promise<void> => {
      if (piece.length > 0) await handle.appendFile(gzipSync(piece.map((line) => `${line}\n`).join('')))
      piece = []
      length = 0
    }
    try {
      for await (const line of linesOf(createReadStream(path.join(staging, day)))) {
        const digest = digestOf(line)
        if (known.has(digest)) continue
        known.add(digest)
        count++
        piece.push(line)
        length += line.length
        if (length > PIECE) await write()
      }
      await write()
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(next, file)
    return { lines: count, file }
  }

  return {
    add: async ({ at, text }) => {
      const day = dayOf(at)
      const lines = waiting.get(day)
      if (lines === undefined) waiting.set(day, [text])
      else lines.push(text)
      size += text.length
      if (size > PIECE) await flush()
    },
    commit: async () => {
      await flush()
      let lines = 0
      const files: string[] = []
      for (const day of (await readdir(staging)).sort()) {
        const done = await commitDay(day)
        lines += done.lines
        files.push(done.file)
      }
      await rm(staging, { recursive: true, force: true })
      return { lines, files }
    },
  }
}

const linesOf = (input: NodeJS.ReadableStream): AsyncIterable<string> =>
  createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
