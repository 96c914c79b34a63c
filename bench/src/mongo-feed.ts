import type { StorageDriver } from '@sightline/core/ports'
import type { Collection, Db, Document } from 'mongodb'
import { quantile } from './median.ts'

export interface Latency {
  readonly p50: number
  readonly p99: number
}

const EVENTS = 150

/** The same write for both: a document becomes another revision. */
const writeAndWait = async (latest: Collection<Document>, arrivals: Map<number, () => void>): Promise<Latency> => {
  const latencies: number[] = []
  for (let event = 1; event <= EVENTS; event++) {
    const arrived = new Promise<void>((resolve) => arrivals.set(event, resolve))
    const startedAt = performance.now()
    await latest.updateOne({ _id: 'feed' as never }, { $set: { revision: event, changedAt: Date.now() } })
    await arrived
    latencies.push(performance.now() - startedAt)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) }
}

const prepare = async (db: Db): Promise<Collection<Document>> => {
  const latest = db.collection('latest')
  const document = { key: 'feed', team: 'default', api: 'feed', source: 'eu', epoch: 'e', revision: 0, removedAt: null }
  await latest.replaceOne({ _id: 'feed' as never }, document, { upsert: true })
  return latest
}

/** From the write to the driver's `watch`. */
export const measureWatch = async (driver: StorageDriver, db: Db): Promise<Latency> => {
  const latest = await prepare(db)
  const arrivals = new Map<number, () => void>()
  const abort = new AbortController()
  const open = Promise.withResolvers<void>()
  const ended = driver.watch?.({ stores: ['snapshots'], signal: abort.signal }, (item) => {
    if (item.kind === 'position') open.resolve()
    if (item.kind === 'changed' && item.head.id === 'feed/eu') arrivals.get(item.head.version.revision)?.()
  })
  await open.promise
  const latency = await writeAndWait(latest, arrivals)
  abort.abort()
  await ended
  return latency
}

/** From the write to a bare change stream. */
export const measureStream = async (db: Db): Promise<Latency> => {
  const latest = await prepare(db)
  const arrivals = new Map<number, () => void>()
  const stream = latest.watch([], { fullDocument: 'updateLookup' })
  stream.on('change', (change) => {
    if ('fullDocument' in change) arrivals.get(change.fullDocument?.revision)?.()
  })
  await new Promise((resolve) => setTimeout(resolve, 500))
  const latency = await writeAndWait(latest, arrivals)
  await stream.close()
  return latency
}
