import { createHash, randomUUID } from 'node:crypto'
import { mongoStorage } from '@sightline/adapter-mongo'
import type { SnapshotWrite, StorageDriver, Version } from '@sightline/core/ports'
import { type Db, MongoClient } from 'mongodb'
import type { BenchRow } from './bench-row.ts'
import { endChild, startChild } from './child.ts'
import { median } from './median.ts'
import { type Latency, measureStream, measureWatch } from './mongo-feed.ts'
import { startBenchMongo } from './mongo-server.ts'

const TARGETS = 100
const POINTS = 1_000
const ROUNDS = 7
const WARM_UP = 2

/** Beside the bare driver, on one server in one run. Nothing where no MongoDB can be had. */
export const mongoBenches = async (): Promise<BenchRow[]> => {
  const server = await startBenchMongo()
  if ('unavailable' in server) {
    console.error(`mongo: skipped, ${server.unavailable}`)
    return []
  }
  const client = new MongoClient(server.url, { maxPoolSize: 20 })
  const db = client.db(`bench_${randomUUID().slice(0, 8)}`)
  const driver = mongoStorage({ db })
  try {
    await driver.connect({ collections: [], format: { writes: 1, reads: 1 } })
    // First, because the stand-in's streams grow slower with everything that was ever written.
    const feed = await feedRows(driver, db, server.version)
    const writes = [await replaceRow(driver, db, server.version), await appendRow(driver, db, server.version)]
    return [...writes, ...feed, ...(await idleRows())]
  } finally {
    await db.dropDatabase()
    await driver.close()
    await client.close()
    await server.stop()
  }
}

/** Times both in turn, after a warm-up; the ratio is the median of the pairs. */
const inTurn = async (own: (round: number) => Promise<void>, bare: (round: number) => Promise<void>) => {
  const pairs: { readonly own: number; readonly bare: number }[] = []
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const startedAt = performance.now()
    await own(round)
    const between = performance.now()
    await bare(round)
    pairs.push({ own: between - startedAt, bare: performance.now() - between })
  }
  const measured = pairs.slice(WARM_UP)
  return {
    own: median(measured.map((pair) => pair.own)),
    bare: median(measured.map((pair) => pair.bare)),
    ratio: median(measured.map((pair) => pair.own / pair.bare)),
  }
}

const documentOf = (round: number, target: number): object => ({
  open: round,
  target: `target-${target}`,
  checks: Array.from({ length: 10 }, (_, index) => ({ name: `check-${index}`, latencyMs: (round * 7 + index) / 3, up: true })),
})

const majority = { writeConcern: { w: 'majority' as const } }

const replaceRow = async (driver: StorageDriver, db: Db, version: string): Promise<BenchRow> => {
  const versions: (Version | null)[] = Array.from({ length: TARGETS }, () => null)
  const latest = db.collection('bare_latest', majority)
  const history = db.collection('bare_history', majority)
  await latest.createIndex({ api: 1, source: 1 }, { unique: true })
  await history.createIndex({ api: 1, source: 1, revision: -1 })
  const { own, bare, ratio } = await inTurn(
    async (round) => {
      const writes = versions.map((expected, target): SnapshotWrite => {
        const body = JSON.stringify(documentOf(round, target))
        const key = { team: 'default', api: 'orders', region: `r${target}` }
        const hash = createHash('sha1').update(body).digest('hex')
        return { key, expected, writeId: randomUUID(), at: round, body, hash, fence: 0, detector: 'bench' }
      })
      for (const [target, outcome] of (await driver.snapshots.replace(writes)).entries()) {
        if (!outcome.ok) throw new Error('a write did not win')
        versions[target] = outcome.record.version
      }
    },
    async (round) => {
      const documents = Array.from({ length: TARGETS }, (_, target) => {
        const data = documentOf(round, target)
        const hash = createHash('sha1').update(JSON.stringify(data)).digest('hex')
        return { api: 'orders', source: `r${target}`, data, hash, revision: round + 1, updatedAt: new Date(round) }
      })
      await latest.bulkWrite(
        documents.map((document) => ({
          updateOne: {
            filter: { api: 'orders', source: document.source, ...(round === 0 ? {} : { revision: round }) },
            update: { $set: document },
            upsert: round === 0,
          },
        })),
        { ordered: false },
      )
      await history.insertMany(documents, { ordered: false })
    },
  )
  return {
    work: 'mongo, compare-and-set with history',
    size: `${TARGETS} targets a call`,
    unit: 'ms',
    value: own,
    baseline: bare,
    ratio,
    reach: '≤ 1.5× two bare bulk writes',
    reached: ratio <= 1.5,
    note: version,
  }
}

const appendRow = async (driver: StorageDriver, db: Db, version: string): Promise<BenchRow> => {
  const bareSamples = db.collection('bare_samples', majority)
  await bareSamples.createIndex({ team: 1, service: 1, region: 1, at: 1 })
  const pointsOf = (round: number) =>
    Array.from({ length: POINTS }, (_, index) => ({
      series: { team: 'default', service: `service-${index % 100}`, region: 'eu' },
      at: round * 1_000 + Math.floor(index / 100),
      values: { latencyMs: index / 7, status: 200, bytes: index * 13 },
    }))
  const { own, bare, ratio } = await inTurn(
    (round) => driver.samples.append(pointsOf(round)),
    async (round) => {
      await bareSamples.insertMany(
        pointsOf(round).map(({ series, at, values }) => ({ ...series, at, ...values })),
        { ordered: false },
      )
    },
  )
  return {
    work: 'mongo, sample appends',
    size: `${POINTS} points a call`,
    unit: 'points/s',
    value: (POINTS * 1_000) / own,
    baseline: (POINTS * 1_000) / bare,
    ratio: 1 / ratio,
    reach: '≥ 0.8× a bare insertMany',
    reached: 1 / ratio >= 0.8,
    note: version,
  }
}

interface Idle {
  readonly corePercent: number
  readonly fallbackMs: number
}

const IDLE_MS = 20_000

const idle = async (url: string): Promise<Idle> => {
  const { child, message } = await startChild<Idle>('./mongo-idle-run.ts', [url, String(IDLE_MS)])
  await endChild(child)
  return message
}

/** A server that has no change streams: how soon that is found out, and what it costs to look instead while nothing happens. */
const idleRows = async (): Promise<readonly BenchRow[]> => {
  const server = await startBenchMongo({ hasStreams: false })
  if ('unavailable' in server) return []
  try {
    const own = await idle(`${server.url}idle_${randomUUID().slice(0, 8)}`)
    const memory = await idle('')
    const common = { work: 'mongo without change streams', note: `${server.version}; nothing due` }
    return [
      {
        ...common,
        size: 'fallback',
        unit: 'ms',
        value: own.fallbackMs,
        baseline: null,
        ratio: null,
        reach: '< 5,000 ms',
        reached: own.fallbackMs < 5_000,
      },
      {
        ...common,
        size: 'idle, 20 s',
        unit: '% of a core',
        value: own.corePercent,
        baseline: memory.corePercent,
        ratio: own.corePercent / memory.corePercent,
        reach: '< 2 %',
        reached: own.corePercent < 2,
        note: `${common.note}; baseline: in memory`,
      },
    ]
  } finally {
    await server.stop()
  }
}

const feedRows = async (driver: StorageDriver, db: Db, version: string): Promise<readonly BenchRow[]> => {
  await measureWatch(driver, db)
  await measureStream(db)
  const pairs: { readonly own: Latency; readonly bare: Latency }[] = []
  for (let round = 0; round < 5; round++) pairs.push({ own: await measureWatch(driver, db), bare: await measureStream(db) })
  return (['p50', 'p99'] as const).map((which) => {
    const ratio = median(pairs.map(({ own, bare }) => own[which] / bare[which]))
    return {
      work: 'mongo, change feed, write → hub',
      size: which,
      unit: 'ms',
      value: median(pairs.map(({ own }) => own[which])),
      baseline: median(pairs.map(({ bare }) => bare[which])),
      ratio,
      reach: which === 'p99' ? '≤ 1.3× a bare change stream' : 'printed',
      reached: which === 'p50' || ratio <= 1.3,
      note: version,
    }
  })
}
