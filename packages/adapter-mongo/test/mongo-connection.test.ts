import { randomBytes } from 'node:crypto'
import { mongoStorage } from '@sightline/adapter-mongo'
import { conformancePlan } from '@sightline/conformance'
import type { FeedItem, SnapshotWrite } from '@sightline/core/ports'
import { MongoClient } from 'mongodb'
import { afterAll, expect, test, vi } from 'vitest'
import { mongoProxy } from './mongo-proxy.ts'
import { startMongo } from './mongo-server.ts'

vi.setConfig({ testTimeout: 60_000 })

const server = await startMongo()

const eventually = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (const giveUpAt = performance.now() + 20_000; performance.now() < giveUpAt; ) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${what}: not within 20 s`)
}

if ('unavailable' in server) test('a client that is opened anew: mongo', (context) => context.skip(server.unavailable))
else if (server.isReal && new URL(server.url).hostname !== '127.0.0.1') {
  test('a client that is opened anew: mongo', (context) => context.skip('the proxy stands before one server on this machine'))
} else {
  afterAll(() => server.stop())

  test('a client all of whose connections are silent for good is opened anew, and its change feed with it', async () => {
    const { hostname, port } = new URL(server.url)
    const name = `renewed_${randomBytes(6).toString('hex')}`
    const proxy = await mongoProxy({ host: hostname, port: Number(port) })
    // Without a limit for connecting, the driver waits for ever for the greeting of a connection that has it.
    const settings = 'directConnection=true&retryWrites=false&retryReads=false&connectTimeoutMS=0&socketTimeoutMS=500'
    const driver = mongoStorage({
      url: `mongodb://127.0.0.1:${proxy.port}/${name}?${settings}`,
      timeoutMs: 1_000,
      selectionTimeoutMs: 500,
      renewAfterMs: 1_000,
    })
    const abort = new AbortController()
    const items: FeedItem[] = []
    let watching: Promise<void> | undefined
    const key = { team: 'default', api: 'orders', region: 'eu-west' }
    const change: SnapshotWrite = { key, expected: null, writeId: 'w', at: 1, body: '1', hash: 'h', fence: 0, detector: 'd' }
    const isAnswered = (): Promise<boolean> =>
      driver.ping().then(
        () => true,
        () => false,
      )
    try {
      // A busy machine may take longer than the second that it is given here.
      await eventually('it connects', () =>
        driver.connect(conformancePlan).then(
          () => true,
          () => false,
        ),
      )
      watching = driver.watch?.({ stores: ['snapshots'], signal: abort.signal }, (item) => void items.push(item))
      await eventually('the feed is open', () => items.some(({ kind }) => kind === 'mode'))
      proxy.isMuted = true
      // As many connections wait for a greeting as the driver opens at a time: it opens no more.
      for (let tries = 0; tries < 2; tries++)
        expect(await Promise.all([isAnswered(), isAnswered(), isAnswered()])).not.toContain(true)
      proxy.isMuted = false
      await eventually('the server answers again', isAnswered)
      const [outcome] = await driver.snapshots.replace([change])
      expect(outcome?.ok).toBe(true)
      await eventually('the feed tells', () => items.some(({ kind }) => kind === 'changed'))
    } finally {
      abort.abort()
      await watching
      await driver.close()
      await proxy.close()
      const client = new MongoClient(server.url)
      await client.db(name).dropDatabase()
      await client.close()
    }
  })
}
