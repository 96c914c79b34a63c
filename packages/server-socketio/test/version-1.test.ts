import { memoryStorage, SightlineError } from '@sightline/core'
import type { Socket } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Served, startServed } from './support/served.ts'
import { until } from './support/until.ts'

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

interface Heard {
  readonly event: string
  readonly payload: Record<string, unknown>
}

const listen = (socket: Socket): Heard[] => {
  const heard: Heard[] = []
  socket.onAny((event: string, payload: Record<string, unknown>) => heard.push({ event, payload }))
  return heard
}

const first = (heard: readonly Heard[], event: string): Promise<Record<string, unknown>> =>
  until(() => heard.find((one) => one.event === event)?.payload)

describe('version 1 with one api', () => {
  let served: Served
  beforeAll(async () => {
    served = await startServed({ document: { open: 1, note: 'first' } })
    await until(() => served.sightline.counters().snapshotWrites >= 2)
  })
  afterAll(() => served[Symbol.asyncDispose]())

  test('metrics:get of one source answers metrics:data with the provider’s document', async () => {
    const socket = await served.connect()
    const heard = listen(socket)
    const answer = await socket.emitWithAck('metrics:get', { source: 'us-east' })
    expect(answer).toEqual({ ok: true })
    const data = await first(heard, 'metrics:data')
    expect(data).toEqual({
      api: 'orders',
      source: 'us-east',
      data: { open: 1, note: 'first' },
      updatedAt: expect.stringMatching(ISO),
    })
    socket.disconnect()
  })

  test('metrics:get of everything answers an array of documents and their count', async () => {
    const socket = await served.connect()
    const heard = listen(socket)
    socket.emit('metrics:get', {})
    const data = await first(heard, 'metrics:data')
    expect(data).toEqual({ api: 'orders', count: 2, data: expect.any(Array) })
    const documents = data.data as Record<string, unknown>[]
    expect(documents.map(({ source }) => source).sort()).toEqual(['eu-west', 'us-east'])
    expect(documents[0]).toEqual({
      api: 'orders',
      source: expect.any(String),
      data: { open: 1, note: 'first' },
      hash: expect.stringMatching(/^[0-9a-f]{40}$/),
      createdAt: expect.stringMatching(ISO),
      updatedAt: expect.stringMatching(ISO),
    })
    socket.disconnect()
  })

  test('no payload at all reads as {}', async () => {
    const socket = await served.connect()
    const heard = listen(socket)
    expect(await socket.emitWithAck('metrics:get')).toEqual({ ok: true })
    expect((await first(heard, 'metrics:data')).count).toBe(2)
    socket.disconnect()
  })

  test('a subscriber hears metrics-update once per change of its region, and of no other', async () => {
    const socket = await served.connect({ transports: ['websocket'] })
    const heard = listen(socket)
    expect(await socket.emitWithAck('metrics:subscribe', { source: 'us-east' })).toEqual({ ok: true })
    served.provider('orders', 'eu-west').returns({ open: 50 })
    served.provider('orders', 'us-east').returns({ open: 2 })
    const update = await first(heard, 'metrics-update')
    expect(update).toEqual({ api: 'orders', source: 'us-east', data: { open: 2 }, timestamp: expect.stringMatching(ISO) })
    served.provider('orders', 'us-east').returns({ open: 3 })
    await until(() => heard.length >= 2)
    // Several more polls without a change.
    const { polls } = served.sightline.counters()
    await until(() => served.sightline.counters().polls > polls + 6)
    expect(heard.map(({ event, payload }) => [event, payload.source, payload.data])).toEqual([
      ['metrics-update', 'us-east', { open: 2 }],
      ['metrics-update', 'us-east', { open: 3 }],
    ])
    socket.disconnect()
  })

  test('after metrics:unsubscribe nothing is heard', async () => {
    const socket = await served.connect()
    const other = await served.connect()
    const heard = listen(socket)
    const heardByOther = listen(other)
    await socket.emitWithAck('metrics:subscribe', { source: 'us-east' })
    await other.emitWithAck('metrics:subscribe', { api: 'orders', source: 'us-east' })
    expect(await socket.emitWithAck('metrics:unsubscribe', { source: 'us-east' })).toEqual({ ok: true })
    served.provider('orders', 'us-east').returns({ open: Math.random() })
    await first(heardByOther, 'metrics-update')
    expect(heard).toEqual([])
    socket.disconnect()
    other.disconnect()
  })

  test('subscribe and unsubscribe without waiting leaves nobody subscribed', async () => {
    const socket = await served.connect()
    const before = served.sightline.counters().subscriptions
    const heard = listen(socket)
    for (let round = 0; round < 20; round++) {
      socket.emit('metrics:subscribe', { source: 'us-east' })
      socket.emit('metrics:unsubscribe', { source: 'us-east' })
    }
    expect(await socket.emitWithAck('metrics:get', {})).toEqual({ ok: true })
    await until(() => served.sightline.counters().subscriptions === before)
    expect(heard.filter(({ event }) => event === 'metrics:error')).toEqual([])
    socket.disconnect()
  })

  test.each([
    ['metrics:get', { source: 'mars' }, 'UNKNOWN_REGION'],
    ['metrics:subscribe', { source: 'mars' }, 'UNKNOWN_REGION'],
    ['metrics:unsubscribe', { source: 'mars' }, 'UNKNOWN_REGION'],
    ['metrics:subscribe', { api: 'nothing', source: 'us-east' }, 'UNKNOWN_REGION'],
    ['metrics:get', { source: 5 }, 'INVALID_INPUT'],
    ['metrics:get', { source: '' }, 'INVALID_INPUT'],
    ['metrics:get', 'us-east', 'INVALID_INPUT'],
    ['metrics:get', ['us-east'], 'INVALID_INPUT'],
    ['metrics:get', null, 'INVALID_INPUT'],
    ['metrics:subscribe', {}, 'INVALID_INPUT'],
    ['metrics:subscribe', undefined, 'INVALID_INPUT'],
    ['metrics:nonsense', {}, 'UNKNOWN_EVENT'],
  ])('%s %j is refused with %s, by acknowledgement and by event', async (event, payload, code) => {
    const socket = await served.connect()
    const heard = listen(socket)
    const answer = await socket.emitWithAck(event, payload)
    expect(answer).toMatchObject({ ok: false, error: { code, message: expect.any(String) } })
    const error = await first(heard, 'metrics:error')
    expect(error).toMatchObject({ code, message: expect.any(String), event })
    const source = typeof payload === 'object' && payload !== null && 'source' in payload ? payload.source : undefined
    expect(error.source).toBe(typeof source === 'string' ? source : undefined)
    expect(socket.connected).toBe(true)
    expect(await socket.emitWithAck('metrics:get', { source: 'us-east' })).toEqual({ ok: true })
    socket.disconnect()
  })
})

describe('version 1 with several apis', () => {
  let served: Served
  beforeAll(async () => {
    served = await startServed({ apis: { orders: ['us-east'], search: ['us-east', 'eu-west'] } })
    await until(() => served.sightline.counters().snapshotWrites >= 3)
  })
  afterAll(() => served[Symbol.asyncDispose]())

  test('metrics:get answers one metrics:data per api', async () => {
    const socket = await served.connect()
    const heard = listen(socket)
    await socket.emitWithAck('metrics:get', {})
    await until(() => heard.length === 2)
    expect(heard.map(({ payload }) => [payload.api, payload.count])).toEqual([
      ['orders', 1],
      ['search', 2],
    ])
    heard.length = 0
    await socket.emitWithAck('metrics:get', { source: 'us-east' })
    await until(() => heard.length === 2)
    expect(heard.map(({ payload }) => payload.api).sort()).toEqual(['orders', 'search'])
    socket.disconnect()
  })

  test('metrics:subscribe without an api joins that region of each, with one only its own', async () => {
    const all = await served.connect()
    const one = await served.connect()
    const heardByAll = listen(all)
    const heardByOne = listen(one)
    await all.emitWithAck('metrics:subscribe', { source: 'us-east' })
    await one.emitWithAck('metrics:subscribe', { api: 'search', source: 'us-east' })
    served.provider('orders', 'us-east').returns({ open: 7 })
    served.provider('search', 'us-east').returns({ open: 8 })
    await until(() => heardByAll.length === 2 && heardByOne.length === 1)
    expect(heardByAll.map(({ payload }) => payload.api).sort()).toEqual(['orders', 'search'])
    expect(heardByOne.map(({ payload }) => payload.api)).toEqual(['search'])
    all.disconnect()
    one.disconnect()
  })
})

test('before the first document metrics:get is NOT_FOUND', async () => {
  // What is no JSON object is no document: polls fail, nothing is stored.
  await using served = await startServed({ broken: ['orders/us-east', 'orders/eu-west'] })
  const socket = await served.connect()
  const heard = listen(socket)
  const answer = await socket.emitWithAck('metrics:get', { source: 'us-east' })
  expect(answer).toMatchObject({ ok: false, error: { code: 'NOT_FOUND' } })
  expect(await first(heard, 'metrics:error')).toMatchObject({ code: 'NOT_FOUND', event: 'metrics:get', source: 'us-east' })
})

test('with a login, an anonymous client is told FORBIDDEN and stays connected', async () => {
  await using served = await startServed({
    core: {
      access: {
        authenticate: ({ auth }) =>
          (auth as { token?: string }).token === 'secret' ? { id: 'ann', roles: ['metrics:view'], teams: [] } : null,
      },
    },
  })
  const anonymous = await served.connect()
  const heard = listen(anonymous)
  expect(await anonymous.emitWithAck('metrics:subscribe', { source: 'us-east' })).toMatchObject({
    ok: false,
    error: { code: 'FORBIDDEN' },
  })
  expect(await first(heard, 'metrics:error')).toMatchObject({ code: 'FORBIDDEN', event: 'metrics:subscribe', source: 'us-east' })
  expect(anonymous.connected).toBe(true)
  const known = await served.connect({ auth: { token: 'secret' } })
  expect(await known.emitWithAck('metrics:subscribe', { source: 'us-east' })).toEqual({ ok: true })
})

test('with storage away, metrics:get is UNAVAILABLE and updates still come', async () => {
  const driver = memoryStorage()
  let isAway = false
  const away = (): Promise<never> => Promise.reject(new SightlineError('UNAVAILABLE', 'storage is away'))
  const snapshots = {
    ...driver.snapshots,
    load: (keys: Parameters<typeof driver.snapshots.load>[0]) => (isAway ? away() : driver.snapshots.load(keys)),
    replace: (writes: Parameters<typeof driver.snapshots.replace>[0]) => (isAway ? away() : driver.snapshots.replace(writes)),
  }
  const storage = { ...driver, snapshots, ping: () => (isAway ? away() : driver.ping()) }
  await using served = await startServed({ core: { storage } })
  await until(() => served.sightline.counters().snapshotWrites >= 2)
  const socket = await served.connect()
  const heard = listen(socket)
  await socket.emitWithAck('metrics:subscribe', { source: 'us-east' })
  isAway = true
  expect(await socket.emitWithAck('metrics:get', { source: 'us-east' })).toMatchObject({
    ok: false,
    error: { code: 'UNAVAILABLE' },
  })
  expect(await first(heard, 'metrics:error')).toMatchObject({ code: 'UNAVAILABLE', event: 'metrics:get', source: 'us-east' })
  served.provider('orders', 'us-east').returns({ open: 99 })
  expect(await first(heard, 'metrics-update')).toMatchObject({ source: 'us-east', data: { open: 99 } })
  isAway = false
})

test('where one api of several has no data, the others are answered and that one is an error', async () => {
  await using served = await startServed({ apis: { orders: ['us-east'], search: ['us-east'] }, broken: ['search/us-east'] })
  await until(() => served.sightline.counters().snapshotWrites >= 1)
  const socket = await served.connect()
  const heard = listen(socket)
  expect(await socket.emitWithAck('metrics:get', { source: 'us-east' })).toEqual({ ok: true })
  expect(await first(heard, 'metrics:data')).toMatchObject({ api: 'orders', source: 'us-east' })
  expect(await first(heard, 'metrics:error')).toMatchObject({ code: 'NOT_FOUND', event: 'metrics:get', source: 'us-east' })
})
