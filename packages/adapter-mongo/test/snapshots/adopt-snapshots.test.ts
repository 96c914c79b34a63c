import { createHash, randomBytes } from 'node:crypto'
import { mongoStorage } from '@sightline/adapter-mongo'
import { conformancePlan } from '@sightline/conformance'
import type { StorageDriver } from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'
import { type Db, MongoClient } from 'mongodb'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import { dyingDb } from '../dying-db.ts'
import { startMongo } from '../mongo-server.ts'

vi.setConfig({ testTimeout: 60_000 })

const server = await startMongo()

if ('unavailable' in server) test('adoption: mongo', (context) => context.skip(server.unavailable))
else {
  const client = new MongoClient(server.url)
  let db: Db
  const drivers: StorageDriver[] = []

  beforeEach(() => {
    db = client.db(`adopted_${randomBytes(6).toString('hex')}`)
  })
  afterEach(async () => {
    for (const driver of drivers.splice(0)) await driver.close()
    await db.dropDatabase()
  })
  afterAll(async () => {
    await client.close()
    await server.stop()
  })

  const open = async (own: Db = db): Promise<StorageDriver> => {
    const driver = mongoStorage({ db: own, latest: 'metrics', history: 'metrics_history' })
    drivers.push(driver)
    await untilConnected(driver)
    return driver
  }

  /** Connects as the engine does: where the connection is lost on the way, again. What the stand-in cannot do at once it answers by hanging up. */
  const untilConnected = async (driver: StorageDriver, triesLeft = 5): Promise<void> => {
    try {
      await driver.connect(conformancePlan)
    } catch (thrown) {
      if (triesLeft === 0 || SightlineError.from(thrown).code !== 'UNAVAILABLE') throw thrown
      await untilConnected(driver, triesLeft - 1)
    }
  }

  const hashOf = (data: object): string => createHash('sha1').update(JSON.stringify(data)).digest('hex')
  const states = [{ open: 1 }, { open: 2 }, { open: 3 }]
  const key = { team: 'default', api: 'orders', region: 'us-east' }

  /** A store as an older system left it, for some regions; the newest entry may be missing from the history. */
  const olderStore = async (regions: readonly string[], inHistory = states.length): Promise<void> => {
    for (const source of regions) {
      const data = states.at(-1) as object
      const times = states.map((_, index) => new Date(1_700_000_000_000 + index * 1_000))
      await db
        .collection('metrics')
        .insertOne({ api: 'orders', source, data, hash: hashOf(data), createdAt: times[0], updatedAt: times[2] })
      await db
        .collection('metrics_history')
        .insertMany(
          states
            .slice(0, inHistory)
            .map((state, index) => ({ api: 'orders', source, data: state, hash: hashOf(state), createdAt: times[index] })),
        )
    }
  }

  test('the latest documents and their history are read as if we had written them', async () => {
    await olderStore(['us-east', 'eu-west'])
    const driver = await open()
    const [latest] = await driver.snapshots.load([key])
    expect(latest).toMatchObject({
      body: '{"open":3}',
      hash: hashOf({ open: 3 }),
      createdAt: 1_700_000_000_000,
      at: 1_700_000_002_000,
    })
    const { items } = await driver.snapshots.history(key, { limit: 10 })
    expect(items.map(({ body, version }) => [body, version.revision])).toEqual([
      ['{"open":3}', 3],
      ['{"open":2}', 2],
      ['{"open":1}', 1],
    ])
    expect(items[0]).toEqual(latest)
    expect((await driver.snapshots.heads('system', { limit: 10 })).items.map(({ id }) => id)).toEqual([
      'orders/eu-west',
      'orders/us-east',
    ])
  })

  test('the detector is none of ours, so that the data is hashed again before anything is compared with it', async () => {
    await olderStore(['us-east'])
    const [latest] = await (await open()).snapshots.load([key])
    expect(latest?.detector).toBe('')
  })

  test('what they had stays as it was, for whoever still reads it', async () => {
    await olderStore(['us-east'])
    const before = await db.collection('metrics').find().toArray()
    const historyBefore = await db.collection('metrics_history').find().sort({ createdAt: 1 }).toArray()
    await open()
    const after = await db.collection('metrics').find().toArray()
    expect(after[0]).toMatchObject(before[0] as object)
    expect(await db.collection('metrics_history').find().sort({ createdAt: 1 }).toArray()).toMatchObject(historyBefore)
  })

  test('the next change follows in the same epoch, in the form that older readers know', async () => {
    await olderStore(['us-east'])
    const driver = await open()
    const [latest] = await driver.snapshots.load([key])
    const write = {
      key,
      expected: latest?.version ?? null,
      writeId: 'w',
      at: 1_700_000_009_000,
      body: '{"open":4}',
      hash: 'h',
      fence: 0,
      detector: 'd',
    }
    const [outcome] = await driver.snapshots.replace([write])
    expect(outcome).toMatchObject({ ok: true, record: { version: { epoch: latest?.version.epoch, revision: 4 } } })
    const [document] = await db.collection('metrics').find().toArray()
    expect(document).toMatchObject({
      api: 'orders',
      source: 'us-east',
      data: { open: 4 },
      hash: 'h',
      createdAt: new Date(1_700_000_000_000),
      updatedAt: new Date(1_700_000_009_000),
      revision: 4,
    })
    const [newest] = await db.collection('metrics_history').find({ revision: 4 }).toArray()
    expect(newest).toMatchObject({
      api: 'orders',
      source: 'us-east',
      data: { open: 4 },
      hash: 'h',
      createdAt: new Date(1_700_000_009_000),
    })
  })

  test('a latest document that is not in the history yet gets its entry', async () => {
    await olderStore(['us-east'], 2)
    const driver = await open()
    const { items } = await driver.snapshots.history(key, { limit: 10 })
    expect(items.map(({ body, version }) => [body, version.revision])).toEqual([
      ['{"open":3}', 3],
      ['{"open":2}', 2],
      ['{"open":1}', 1],
    ])
    await driver.recover()
    expect(await db.collection('metrics_history').countDocuments()).toBe(3)
  })

  test('several processes adopt at once, and a later one finds nothing to do', async () => {
    await olderStore(['us-east', 'eu-west', 'sa-east'])
    const opened = await Promise.all([open(), open(), open(), open()])
    const versions = await Promise.all(opened.map(async (driver) => (await driver.snapshots.load([key]))[0]?.version))
    expect(new Set(versions.map((version) => JSON.stringify(version))).size).toBe(1)
    const before = await db.collection('metrics').find().toArray()
    await open()
    expect(await db.collection('metrics').find().toArray()).toEqual(before)
    expect(await db.collection('metrics_history').countDocuments()).toBe(9)
  })

  test('one that dies at any step is followed by another', async () => {
    for (let step = 1; ; step++) {
      await db.dropDatabase()
      await olderStore(['us-east', 'eu-west'])
      const { db: doomed, isDead } = dyingDb(db, step)
      const dying = mongoStorage({ db: doomed, latest: 'metrics', history: 'metrics_history' })
      let isDone = false
      void dying.connect(conformancePlan).then(() => {
        isDone = true
      })
      await vi.waitUntil(() => isDone || isDead(), { timeout: 20_000, interval: 1 })
      const { items } = await (await open()).snapshots.history(key, { limit: 10 })
      expect(items.map(({ version }) => version.revision)).toEqual([3, 2, 1])
      expect(await db.collection('metrics_history').countDocuments()).toBe(6)
      // Past the adoption come the indexes, which the conformance suites kill at too.
      if (isDone || step === 12) return
    }
  })
}
