import { randomUUID } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { SightlineError } from '@sightline/core'

interface Owner {
  readonly pid: number
  /** When the process began, as the system says it: numbers of processes are given again. Null where it does not say. */
  readonly startedAt: string | null
  readonly token: string
}

const ATTEMPTS = 20

/**
 * Takes a lock that is a file. One whose process is gone, also by `kill -9` or with its machine, is taken over. Resolves with its release.
 * Rejects with `CONFLICT` where a living process holds it.
 */
export const takeLock = async (path: string): Promise<() => Promise<void>> => {
  const own: Owner = { pid: process.pid, startedAt: await startOf(process.pid), token: randomUUID() }
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (await claim(path, own)) {
      return async () => {
        if ((await readOwner(path))?.token === own.token) await rm(path, { force: true })
      }
    }
    const owner = await readOwner(path)
    if (owner !== null && (await isAlive(owner))) throw heldBy(path, owner)
    await setAside(path, owner, own)
  }
  throw new SightlineError('CONFLICT', `The lock ${path} is fought for by too many processes.`)
}

const heldBy = (path: string, { pid }: Owner): SightlineError =>
  new SightlineError(
    'CONFLICT',
    `The process ${pid} holds ${path}: a spool is for one process at a time; give each a file of its own.`,
  )

/** Whole or not at all: a lock is never seen half written. */
const claim = async (path: string, own: Owner): Promise<boolean> => {
  const draft = `${path}.${own.token}`
  await writeFile(draft, JSON.stringify(own), { mode: 0o600 })
  try {
    await link(draft, path)
    return true
  } catch (thrown) {
    if ((thrown as { code?: string }).code === 'EEXIST') return false
    throw thrown
  } finally {
    await rm(draft, { force: true })
  }
}

/** Out of the way, unless somebody else has taken it over since: then it is put back. */
const setAside = async (path: string, stale: Owner | null, own: Owner): Promise<void> => {
  const aside = `${path}.${own.token}.stale`
  try {
    await rename(path, aside)
  } catch {
    // Somebody else did, or it was released.
    return
  }
  const moved = await readOwner(aside)
  if (moved !== null && moved.token !== stale?.token) await link(aside, path).catch(() => {})
  await rm(aside, { force: true })
}

const readOwner = async (path: string): Promise<Owner | null> => {
  try {
    const parsed = JSON.parse(await readFile(path, 'utf8')) as Partial<Owner> | null
    if (typeof parsed?.pid !== 'number' || typeof parsed.token !== 'string') return null
    return { pid: parsed.pid, token: parsed.token, startedAt: parsed.startedAt ?? null }
  } catch {
    return null
  }
}

const isAlive = async ({ pid, startedAt }: Owner): Promise<boolean> => {
  try {
    process.kill(pid, 0)
  } catch (thrown) {
    if ((thrown as { code?: string }).code === 'ESRCH') return false
  }
  const start = await startOf(pid)
  return startedAt === null || start === null || start === startedAt
}

/** From `/proc`, with the system's own start: in ticks since it. Elsewhere a process's own start is all that is known. */
const startOf = async (pid: number): Promise<string | null> => {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ])
    // The name of the command, in parentheses, may hold anything; the start is the 22nd field.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
    return `${boot.trim()} ${ticks}`
  } catch {
    return pid === process.pid ? `${Math.round(performance.timeOrigin)}` : null
  }
}
