import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqliteStorage } from '@sightline/adapter-sql'
import type { Bucket, Clock, Series, StorageDriver } from '@sightline/core/ports'
import { silentLogger, systemClock } from '@sightline/core/ports'
import { createEmitter } from '../../packages/core/src/emitter.ts'
import { soleLeader } from '../../packages/core/src/leadership.ts'
import { addPoint, type BucketStats, toBytes } from '../../packages/core/src/samples/bucket-stats.ts'
import { createSamplesPart, SAMPLE_COLLECTIONS } from '../../packages/core/src/samples/create-samples-part.ts'

const SECOND = 1_000
export const MINUTE = 60_000
export const HOUR = 3_600_000
export const DAY = 86_400_000
export const times = { rawMs: 48 * HOUR, minuteMs: 7 * DAY, hourMs: 90 * DAY }

/** The same numbers in every run, as uneven as latencies are. */
const randoms = (seed: number) => (): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  return (seed + 0.5) / 2 ** 32
}
export const random = randoms(7)
const logNormal = (median: number, spread: number): number =>
  Math.round(100 * median * Math.exp(spread * Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random()))) / 100

export const checks = {
  'up and latency': () => ({ up: 1, latencyMs: logNormal(33, 0.4) }),
  'an HTTP check, 7 numbers': () => {
    const [firstByteMs, downloadMs] = [logNormal(33, 0.4), logNormal(1, 0.3)]
    const bodyBytes = 1_000 + Math.round(random() * 40)
    const latencyMs = Math.round(100 * (firstByteMs + downloadMs)) / 100
    return { up: 1, latencyMs, statusCode: 200, bodyBytes, firstByteMs, downloadMs, certificateDays: 63.2 }
  },
} satisfies Record<string, () => Record<string, number>>

export const seriesOf = (count: number): Series[] =>
  Array.from({ length: count }, (_, index) => ({ team: 'default', service: `service-${index}`, region: 'us-east' }))

export const rollup = (check: () => Record<string, number>, count: number): Uint8Array => {
  const stats: BucketStats = new Map()
  for (let index = 0; index < count; index++) addPoint(stats, check())
  return toBytes(stats)
}

/** In the order of time, as they come in reality: it decides how full pages are. */
export const putBuckets = async (
  driver: StorageDriver,
  series: readonly Series[],
  { resolutionMs, from, to, stats }: { resolutionMs: number; from: number; to: number; stats: () => Uint8Array },
): Promise<void> => {
  let batch: Bucket[] = []
  for (let start = Math.ceil(from / resolutionMs) * resolutionMs; start < to; start += resolutionMs) {
    for (const each of series) batch.push({ series: each, start, resolutionMs, stats: stats() })
    if (batch.length < 1_000) continue
    await driver.samples.putBuckets(batch)
    batch = []
  }
  await driver.samples.putBuckets(batch)
}

export const putPoints = async (
  driver: StorageDriver,
  series: readonly Series[],
  {
    from,
    to,
    check,
    atOnceMs = 5 * MINUTE,
  }: { from: number; to: number; check: () => Record<string, number>; atOnceMs?: number },
): Promise<void> => {
  for (let at = from; at < to; at += atOnceMs) {
    const points = []
    for (let tick = at; tick < at + atOnceMs; tick += 20 * SECOND) {
      for (const [index, each] of series.entries()) points.push({ series: each, at: tick + index, values: check() })
    }
    await driver.samples.append(points)
  }
}

export const inStore = async <T>(work: (store: { driver: StorageDriver; file: string }) => Promise<T>): Promise<T> => {
  const directory = await mkdtemp(join(tmpdir(), 'sightline-bench-'))
  const file = join(directory, 'sightline.db')
  const driver = sqliteStorage({ file, synchronous: 'normal' })
  try {
    await driver.connect({ collections: SAMPLE_COLLECTIONS, format: { writes: 1, reads: 1 } })
    return await work({ driver, file })
  } finally {
    await driver.close()
    await rm(directory, { recursive: true, force: true })
  }
}

/** What reads and rolls up the samples of a store. */
export const samplesPart = (driver: StorageDriver, clock: Clock = systemClock()) =>
  createSamplesPart({
    clock,
    random: Math.random,
    randomId: () => crypto.randomUUID(),
    logger: silentLogger(),
    origin: 'bench',
    link: { state: 'up', run: (call) => call(driver) },
    leadership: soleLeader(),
    remote: { isAlone: true, carry: () => {}, hear: () => {} },
    emitter: createEmitter({ logger: silentLogger() }),
    publish: () => {},
  })
