import { mkdir, open, readFile, rm, stat, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { SightlineError } from '@sightline/core'

const BEAT_MS = 5_000
/** Who has not said for so long that it lives is dead, on whatever machine it was. */
const DEAD_AFTER_MS = 60_000

const isProcess = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM'
  }
}

/** Is whoever left the lock there dead? A lock that has just gone was of one that has ended. */
const isLeft = async (file: string): Promise<boolean> => {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(file, 'utf8'), stat(file)])
    const [host, pid] = text.split('\n')
    return Date.now() - mtimeMs > DEAD_AFTER_MS || (host === hostname() && !isProcess(Number(pid)))
  } catch {
    return true
  }
}

/**
 * Works alone in a folder, of all processes that lock it, until it is disposed of. The folder is made where it is missing.
 *
 * @throws SightlineError `CONFLICT` while another one works there
 */
export const lockFolder = async (folder: string): Promise<AsyncDisposable> => {
  const file = path.join(folder, '.lock')
  const take = async (): Promise<void> => {
    const handle = await open(file, 'wx')
    await handle.writeFile(`${hostname()}\n${process.pid}`)
    await handle.close()
  }
  await mkdir(folder, { recursive: true })
  try {
    if (await isLeft(file)) await rm(file, { force: true })
    await take()
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause
    throw new SightlineError('CONFLICT', `Another process archives into ${folder} at this moment.`, { cause })
  }
  const beats = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => {}), BEAT_MS)
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(beats)
      await rm(file, { force: true })
    },
  }
}
