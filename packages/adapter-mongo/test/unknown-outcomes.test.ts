import { randomBytes } from 'node:crypto'
import { mongoStorage } from '@sightline/adapter-mongo'
import { conformancePlan } from '@sightline/conformance'
import type { SnapshotWrite, StorageDriver, Write } from '@sightline/core/ports'
import { MongoClient } from 'mongodb'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Intervention, type MongoProxy, mongoProxy } from './mongo-proxy.ts'
import { startMongo } from './mongo-server.ts'

vi.setConfig({ testTimeout: 60_000 })

const server = await startMongo()

if ('unavailable' in server) test('unknown outcomes: mongo', (context) => context.skip(server.unavailable))
else if (server.isReal && new URL(server.url).hostname !== '127.0.0.1') {
  test('unknown outcomes: mongo', (context) => context.skip('the proxy stands before one server on this machine'))
} else {
  const direct = new URL(server.url)
  let proxy: MongoProxy
  let driver: StorageDriver
  let client: MongoClient
  const name = `unknown_${randomBytes(6).toString('hex')}`

  beforeEach(async () => {
    proxy = await mongoProxy({ host: direct.hostname, port: Number(direct.port) })
    client = new MongoClient(server.url)
    driver = mongoStorage({
      url: `mongodb://127.0.0.1:${proxy.port}/${name}?directConnection=true&retryWrites=false&retryReads=false`,
      timeoutMs: 1_500,
    })
    await driver.connect(conformancePlan)
  })
  afterEach(async () => {
    await driver.close()
    await proxy.close()
    await client.db(name).dropDatabase()
    await client.close()
  })
  afterAll(() => server.stop())

  const key = { team: 'default', api: 'orders', region: 'eu-west' }
  const change: SnapshotWrite = { key, expected: null, writeId: 'w1', at: 1, body: '{"n":1}', hash: 'h', fence: 0, detector: 'd' }
  const ticket: Write = {
    store: 'conformance.tickets',
    team: 'default',
    id: 't',
    expected: null,
    writeId: 't1',
    at: 1,
    value: { title: 'a' },
  }
  const note = { ...ticket, store: 'conformance.notes', id: 'n', writeId: 'n1', value: { text: 'after' }, expected: null }

  /** Intervenes once, in the first command of that name on that collection. */
  const once = (command: string, collection: string, intervention: Intervention): void => {
    let isDone = false
    proxy.intervene = (commandName, body) => {
      if (isDone || commandName !== command || body[commandName] !== collection) return null
      isDone = true
      return intervention
    }
  }

  const codeOf = (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => 'no error',
      (error: { readonly code?: unknown }) => error.code,
    )

  test.each([
    ['latest', { kind: 'swallow' }, 'TIMEOUT'],
    ['latest', { kind: 'cut' }, 'UNAVAILABLE'],
    ['latest', { kind: 'drop' }, 'UNAVAILABLE'],
    ['latest', { kind: 'refuse', code: 10107, message: 'not primary' }, 'UNAVAILABLE'],
    ['history', { kind: 'swallow' }, 'TIMEOUT'],
    ['history', { kind: 'cut' }, 'UNAVAILABLE'],
    ['history', { kind: 'drop' }, 'UNAVAILABLE'],
  ] as const)(
    'a change whose write to %s ends so: %j is %s, and its repeat wins once',
    async (collection, intervention, code) => {
      once('insert', collection, intervention)
      expect(await codeOf(driver.snapshots.replace([change]))).toBe(code)
      const [outcome] = await driver.snapshots.replace([change])
      expect(outcome).toMatchObject({ ok: true, record: { version: { revision: 1 } } })
      expect((await driver.snapshots.history(key, { limit: 9 })).items).toHaveLength(1)
      expect(await client.db(name).collection('history').countDocuments()).toBe(1)
      expect(await driver.recover()).toBe(0)
    },
  )

  test.each([
    ['insert', 'sightline_conformance_tickets'],
    ['insert', 'sightline_conformance_notes'],
    ['update', 'sightline_conformance_tickets'],
  ])('a commit whose answer of %s to %s is lost is repeated and written once, with what follows', async (command, collection) => {
    once(command, collection, { kind: 'cut' })
    expect(await codeOf(driver.commit([{ write: ticket, then: [note] }]))).toBe('UNAVAILABLE')
    const [outcome] = await driver.commit([{ write: ticket, then: [note] }])
    expect(outcome).toMatchObject({ ok: true, record: { version: { revision: 1 } } })
    await driver.recover()
    const tickets = await client.db(name).collection('sightline_conformance_tickets').find().toArray()
    expect(tickets.map(({ revision, then }) => [revision, then])).toEqual([[1, undefined]])
    expect(await client.db(name).collection('sightline_conformance_notes').countDocuments()).toBe(1)
  })

  test('a refusal is INVALID_INPUT: nothing was written', async () => {
    once('insert', 'latest', { kind: 'refuse', code: 121, message: 'Document failed validation' })
    expect(await codeOf(driver.snapshots.replace([change]))).toBe('INVALID_INPUT')
    expect(await driver.snapshots.load([key])).toEqual([null])
  })

  test('an answer that is late is a TIMEOUT, and one in time is not', async () => {
    once('find', 'latest', { kind: 'delay', ms: 3_000 })
    expect(await codeOf(driver.snapshots.load([key]))).toBe('TIMEOUT')
    once('find', 'latest', { kind: 'delay', ms: 300 })
    expect(await codeOf(driver.snapshots.load([key]))).toBe('no error')
  })
}
