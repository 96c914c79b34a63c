import { randomBytes } from 'node:crypto'
import { mongoStorage } from '@sightline/adapter-mongo'
import { MongoClient } from 'mongodb'
import { afterAll, expect, test, vi } from 'vitest'
import { expectedOutline, openAtOnce, outlineOf } from '../../core/test/incidents/support/open-at-once.ts'
import { startMongo } from './mongo-server.ts'

// Fifty processes' worth of work, on machines that may be busy with more.
vi.setConfig({ testTimeout: 240_000 })

const server = await startMongo()
if ('unavailable' in server) {
  test('fifty concurrent openers: mongo', (context) => context.skip(server.unavailable))
} else {
  const admin = new MongoClient(server.url)
  afterAll(async () => {
    await admin.close()
    await server.stop()
  })

  test('fifty concurrent openers make one open incident: mongo', async () => {
    const name = `openers_${randomBytes(6).toString('hex')}`
    const url = new URL(server.url)
    url.pathname = `/${name}`
    const opened = await openAtOnce(() => mongoStorage({ url: url.href, maxConnections: 6 }))
    await admin.db(name).dropDatabase()
    expect(outlineOf(opened)).toEqual(expectedOutline())
  })
}
