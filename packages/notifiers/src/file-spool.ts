import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { type ErrorCode, type Json, SightlineError, type Spool } from '@sightline/core'
import { takeLock } from './spool-lock.ts'
import { fromSpoolText, toAddition, toRemoval } from './spool-text.ts'

/** Where what waits for storage is kept, and how much of it. */
export interface FileSpoolOptions {
  /** Path of the file, made with its directories where it is not there. One process at a time: beside it lies `<file>.lock`. */
  readonly file: string
  /** How long the file may grow, in bytes; then nothing more is taken (`TOO_LARGE`). @default 67_108_864 */
  readonly maxBytes?: number
}

type FileHandle = Awaited<ReturnType<typeof open>>

interface Opened {
  readonly handle: FileHandle
  readonly release: () => Promise<void>
}

interface Addition {
  readonly json: Json
  readonly text: string
  readonly bytes: number
  resolve(): void
  reject(error: SightlineError): void
}

/** What is trimmed stays in the file until it is more than half of it and more than this, in bytes. */
const REWRITE_BYTES = 65_536

/**
 * A spool in a file: what waits for storage outlives the process, also a `kill -9`. A line is acknowledged when it is on the disk (`fdatasync`);
 * lines of one moment share one write. A line cut off by a crash is left out. Opened at its first use.
 *
 * @example
 * const sightline = createSightline({ ...config, spool: fileSpool({ file: './data/sightline.spool' }) })
 */
export const fileSpool = ({ file, maxBytes = 67_108_864 }: FileSpoolOptions): Spool => {
  const path = resolve(file)
  let opening: Promise<Opened> | null = null
  let lines: { readonly json: Json; readonly bytes: number }[] = []
  /** Of the file, and of what in it is not trimmed. */
  let fileBytes = 0
  let liveBytes = 0
  let additions: Addition[] = []
  /** Between the first and the last: everything is done in order. */
  let work: Promise<void> = Promise.resolve()
  let isClosed = false
  /** What was written before a fault may lie cut off at the end of the file. */
  let isTorn = false

  const failed = (what: string, thrown: unknown): SightlineError => {
    if (thrown instanceof SightlineError) return thrown
    const code: ErrorCode = (thrown as { code?: string }).code === 'ENOSPC' ? 'TOO_LARGE' : 'UNAVAILABLE'
    return new SightlineError(code, `The spool ${path} could not be ${what}.`, { cause: thrown })
  }

  const rewrite = async (): Promise<FileHandle> => {
    const text = lines.map(({ json }) => toAddition(json)).join('')
    const next = `${path}.next`
    await rm(next, { force: true })
    const handle = await open(next, 'a', 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
      await rename(next, path)
    } catch (thrown) {
      await handle.close()
      throw thrown
    }
    await syncDirectory(dirname(path))
    fileBytes = Buffer.byteLength(text)
    liveBytes = fileBytes
    isTorn = false
    return handle
  }

  const load = async (): Promise<Opened> => {
    await mkdir(dirname(path), { recursive: true })
    const release = await takeLock(`${path}.lock`)
    try {
      const text = await readFile(path, 'utf8').catch((thrown: { code?: string }) => {
        if (thrown.code === 'ENOENT') return ''
        throw thrown
      })
      lines = fromSpoolText(text).map((json) => ({ json, bytes: Buffer.byteLength(toAddition(json)) }))
      return { handle: await rewrite(), release }
    } catch (thrown) {
      await release()
      throw thrown
    }
  }

  const opened = async (): Promise<Opened> => {
    if (isClosed) throw new SightlineError('UNAVAILABLE', `The spool ${path} is closed.`)
    opening ??= load()
    try {
      return await opening
    } catch (thrown) {
      opening = null
      throw failed('opened', thrown)
    }
  }

  const compact = async (): Promise<void> => {
    const { handle, release } = await opened()
    opening = Promise.resolve({ handle: await rewrite(), release })
    await handle.close()
  }

  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const done = work.then(task)
    work = done.then(
      () => {},
      () => {},
    )
    return done
  }

  const writeText = async (text: string): Promise<void> => {
    if (isTorn) await compact()
    const { handle } = await opened()
    isTorn = true
    await handle.appendFile(text)
    await handle.datasync()
    isTorn = false
    fileBytes += Buffer.byteLength(text)
  }

  const flush = async (): Promise<void> => {
    const some = additions
    additions = []
    if (some.length === 0) return
    try {
      await opened()
      const fitting: Addition[] = []
      let bytes = liveBytes
      for (const addition of some) {
        if (bytes + addition.bytes > maxBytes) {
          addition.reject(new SightlineError('TOO_LARGE', `The spool ${path} is full: it holds ${maxBytes} bytes at most.`))
        } else {
          bytes += addition.bytes
          fitting.push(addition)
        }
      }
      if (fileBytes + bytes - liveBytes > maxBytes) await compact()
      await writeText(fitting.map(({ text }) => text).join(''))
      for (const { json, bytes, resolve } of fitting) {
        lines.push({ json, bytes })
        liveBytes += bytes
        resolve()
      }
    } catch (thrown) {
      const error = failed('written', thrown)
      for (const { reject } of some) reject(error)
    }
  }

  return {
    append: (json) =>
      new Promise((resolve, reject) => {
        const text = toAddition(json)
        additions.push({ json, text, bytes: Buffer.byteLength(text), resolve, reject })
        if (additions.length === 1) void inTurn(flush)
      }),
    read: async function* () {
      const all = await inTurn(async () => {
        await opened()
        return lines.map(({ json }) => json)
      })
      yield* all
    },
    trim: (count) =>
      inTurn(async () => {
        try {
          await opened()
          const gone = lines.slice(0, count)
          if (gone.length === 0) return
          await writeText(toRemoval(gone.length))
          lines = lines.slice(gone.length)
          for (const { bytes } of gone) liveBytes -= bytes
          if (lines.length === 0 || (fileBytes > 2 * liveBytes && fileBytes > REWRITE_BYTES)) await compact()
        } catch (thrown) {
          throw failed('trimmed', thrown)
        }
      }),
    close: () =>
      inTurn(async () => {
        if (isClosed) return
        const held = await opening?.catch(() => null)
        isClosed = true
        if (held == null) return
        await held.handle.close()
        // Nobody need wonder what an empty one is for.
        if (lines.length === 0) await rm(path, { force: true })
        await held.release()
      }),
  }
}

/** So that the new name of a file is on the disk as well. Where a directory cannot be opened (Windows), the file system sees to it. */
const syncDirectory = async (path: string): Promise<void> => {
  const directory = await open(path, 'r').catch(() => null)
  try {
    await directory?.sync()
  } catch {
    // As above.
  } finally {
    await directory?.close()
  }
}
