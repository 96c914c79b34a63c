import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** How a copy ended, as it crosses the border between threads. */
type Ended = { readonly ok: true } | { readonly ok: false; readonly error: Readonly<Record<string, unknown>> }

/** Runs in its own thread. Text, not a module, so that a bundler of the host's need not know of it. */
const script = `
const { parentPort, workerData } = require('node:worker_threads')
const { DatabaseSync } = require('node:sqlite')
try {
  const database = new DatabaseSync(workerData.from, { timeout: 5000 })
  try {
    const [{ quick_check: verdict }] = database.prepare('pragma quick_check(1)').all()
    // SQLITE_CORRUPT
    if (verdict !== 'ok') throw Object.assign(new Error(verdict), { code: 'ERR_SQLITE_ERROR', errcode: 11, errstr: verdict })
    database.prepare('vacuum into ?').run(workerData.to)
  } finally {
    database.close()
  }
  parentPort.postMessage({ ok: true })
} catch ({ message, code, errcode, errstr }) {
  parentPort.postMessage({ ok: false, error: { message, code, errcode, errstr } })
}
`

/**
 * Copies a database, as of one moment, into a new compact file, while others go on writing to it. Off the event loop, which the copying of a
 * large one would stop. Throws what `node:sqlite` throws, also for a source that is damaged.
 */
export const copyDatabase = async (from: string, to: string): Promise<void> => {
  const worker = new Worker(script, { eval: true, workerData: { from, to } })
  const [ended]: readonly Ended[] = await once(worker, 'message')
  await worker.terminate()
  if (ended?.ok === false) throw Object.assign(new Error(String(ended.error.message)), ended.error)
}
