import { randomUUID } from 'node:crypto'
import { redisBus, redisSessions } from '@sightline/adapter-redis'
import { allowAll, createSightline, memoryStorage, memoryStore, type Sightline, silentLogger } from '@sightline/core'
import { scriptedProbe } from '@sightline/core/testing'
import { serve } from '@sightline/server-socketio'
import { io, type Socket } from 'socket.io-client'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { eventually } from './eventually.ts'
import { startOwnRedis } from './redis-server.ts'

vi.setConfig({ testTimeout: 60_000 })

const server = await startOwnRedis()

if ('unavailable' in server) {
  test('sessions that processes share', (context) => context.skip(server.unavailable))
} else {
  const undo: (() => Promise<unknown> | unknown)[] = []
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step()
  })
  afterAll(() => server.stop())

  interface Started {
    readonly sightline: Sightline
    readonly port: number
    stop(): Promise<void>
  }

  const installation = () => {
    const store = memoryStore()
    const prefix = randomUUID()
    const probe = scriptedProbe({ n: 0 })
    const start = async (name: string, { port = 0, isSharing = true } = {}): Promise<Started> => {
      const sightline = createSightline({
        access: allowAll(),
        logger: silentLogger(),
        storage: memoryStorage({ store }),
        bus: redisBus({ url: server.url, prefix }),
        ...(isSharing ? { sessions: redisSessions({ url: server.url, prefix, process: name, ttlMs: 2_000 }) } : {}),
        apis: { orders: { intervalMs: 200, regions: { 'us-east': { probe } } } },
      }) as unknown as Sightline
      const web = serve(sightline)
      const listening = await web.listen({ port })
      await sightline.start()
      const stop = async (): Promise<void> => {
        await web.close({ drainMs: 0 })
        await sightline.stop({ timeoutMs: 500 })
      }
      undo.push(stop)
      return { sightline, port: Number(new URL(listening.url).port), stop }
    }
    return { probe, start }
  }

  const connect = async (port: number): Promise<{ readonly socket: Socket; readonly heard: (readonly [string, object])[] }> => {
    const socket = io(`http://127.0.0.1:${port}`, { forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 200 })
    undo.push(() => socket.disconnect())
    const heard: (readonly [string, object])[] = []
    socket.onAny((event: string, payload: object) => heard.push([event, payload]))
    await new Promise<void>((resolve) => socket.once('connect', resolve))
    return { socket, heard }
  }

  const sessionsAt = async ({
    sightline,
  }: Started): Promise<readonly { readonly process: string; readonly subscriptions: unknown }[]> => {
    const page = await sightline.call({ operation: 'sessions.list', input: {}, as: 'system' })
    return (page as { readonly items: Awaited<ReturnType<typeof sessionsAt>> }).items
  }

  test('each process lists who is connected to any, and to what they are subscribed', async () => {
    const { start } = installation()
    const [a, b] = [await start('a'), await start('b')]
    const [{ socket }] = [await connect(a.port), await connect(b.port)]
    await socket.emitWithAck('metrics:subscribe', { source: 'us-east' })
    const subscribed = [{ topic: 'metrics', params: { api: 'orders', region: 'us-east' } }]
    for (const started of [a, b]) {
      await eventually('both', async () => (await sessionsAt(started)).length === 2)
      await eventually('the subscription', async () =>
        (await sessionsAt(started)).some(({ subscriptions }) => (subscriptions as unknown[]).length === 1),
      )
      expect(await sessionsAt(started)).toMatchObject([
        { process: 'a', subscriptions: subscribed },
        { process: 'b', subscriptions: [] },
      ])
    }
    const counted = { here: 1, everywhere: { processes: 2, sessions: 2 } }
    await eventually('the count', () => b.sightline.info().sessions.everywhere?.sessions === 2)
    expect(b.sightline.info()).toMatchObject({ sessions: counted, adapters: { sessions: 'redis' } })
    socket.disconnect()
    await eventually('one has left', async () => (await sessionsAt(b)).length === 1)
  })

  test('a client of version 1 regains its regions from a server that was restarted, without a word of its own', async () => {
    const { probe, start } = installation()
    const first = await start('first')
    const { heard, socket } = await connect(first.port)
    expect(await socket.emitWithAck('metrics:subscribe', { source: 'us-east' })).toEqual({ ok: true })
    await eventually('the session is shared', async () =>
      (await sessionsAt(first)).some(({ subscriptions }) => (subscriptions as unknown[]).length === 1),
    )
    await first.stop()
    probe.returns({ n: 'while it was away' })
    await start('second', { port: first.port })
    const shows = (n: unknown) => () =>
      heard.some(([event, payload]) => event === 'metrics-update' && (payload as { data: { n: unknown } }).data.n === n)
    await eventually('what happened meanwhile', shows('while it was away'))
    probe.returns({ n: 'afterwards' })
    await eventually('what happens afterwards', shows('afterwards'))
    expect(heard.filter(([event]) => event === 'metrics:error')).toEqual([])
  })

  test('where nobody knows the earlier session, the client is told to subscribe again', async () => {
    const { start } = installation()
    const first = await start('first', { isSharing: false })
    const { heard, socket } = await connect(first.port)
    await socket.emitWithAck('metrics:subscribe', { source: 'us-east' })
    await first.stop()
    await start('second', { port: first.port, isSharing: false })
    const told = () => heard.find(([event]) => event === 'metrics:error')?.[1]
    await eventually('it is told', () => told() !== undefined)
    expect(told()).toMatchObject({
      code: 'NOT_FOUND',
      event: 'metrics:subscribe',
      message: expect.stringContaining('subscribe again'),
    })
  })

  test('while their store is frozen clients come and go, and it knows them afterwards', async () => {
    const { start } = installation()
    const a = await start('a')
    server.freeze()
    try {
      const { socket } = await connect(a.port)
      expect(await socket.emitWithAck('metrics:subscribe', { source: 'us-east' })).toEqual({ ok: true })
      await new Promise((resolve) => setTimeout(resolve, 3_000))
      expect(a.sightline.info().sessions).toEqual({ here: 1, everywhere: null })
    } finally {
      server.thaw()
    }
    await eventually('it is known', async () => (await sessionsAt(a)).length === 1)
    await eventually('it is counted', () => a.sightline.info().sessions.everywhere?.sessions === 1)
  })
}
