import { randomUUID } from 'node:crypto'
import { redisBus, redisCache } from '@sightline/adapter-redis'
import type { Bus, BusEvent } from '@sightline/core/ports'
import { Redis } from 'ioredis'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { eventually } from './eventually.ts'
import { startOwnRedis } from './redis-server.ts'

vi.setConfig({ testTimeout: 120_000 })

const server = await startOwnRedis()

if ('unavailable' in server) {
  test('redis bus and its server’s absences', (context) => context.skip(server.unavailable))
} else {
  const opened: Bus[] = []
  let prefix = randomUUID()

  afterEach(async () => {
    for (const bus of opened.splice(0)) await bus.close()
    prefix = randomUUID()
  })
  afterAll(() => server.stop())

  const event = (origin: string, index: number): BusEvent => ({
    id: `${origin}-${index}`,
    origin,
    v: 1,
    type: 'snapshot:changed',
    head: { id: 'orders/eu-west', team: 'red', version: { epoch: 'e', revision: index } },
    at: index,
  })

  const join = async (origin: string, options: Partial<Parameters<typeof redisBus>[0]> = {}) => {
    const bus = redisBus({ url: server.url, prefix, timeoutMs: 500, ...options })
    opened.push(bus)
    const heard = new Set<string>()
    const gaps: string[] = []
    await bus.open({ origin, event: ({ id }) => void heard.add(id), gap: (reason) => void gaps.push(reason) })
    let published = 0
    return {
      bus,
      heard,
      gaps,
      publish: (count: number): readonly string[] =>
        Array.from({ length: count }, () => {
          const next = event(origin, published++)
          bus.publish(next)
          return next.id
        }),
    }
  }

  const hears = (heard: ReadonlySet<string>, ids: readonly string[]) => () => ids.every((id) => heard.has(id))

  describe('a server that is frozen', () => {
    test('costs no event and tells of no gap', async () => {
      const [a, b] = [await join('a'), await join('b')]
      const before = a.publish(10)
      server.freeze()
      const during: string[] = []
      for (let turn = 0; turn < 30; turn++) {
        during.push(...a.publish(20))
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      await expect(a.bus.ping()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
      server.thaw()
      await eventually('everything', hears(b.heard, [...before, ...during]))
      expect(b.gaps).toEqual([])
      await eventually('a ping', () =>
        a.bus.ping().then(
          () => true,
          () => false,
        ),
      )
    })

    test('leaves what waits bounded: what is kept arrives, what is not is told as a gap', async () => {
      const [a, b] = [await join('a', { maxQueued: 1_000 }), await join('b')]
      server.freeze()
      const during = a.publish(100_000)
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      server.thaw()
      await eventually('what was kept', hears(b.heard, during.slice(0, 1_000)))
      await eventually('a gap', () => b.gaps.length > 0)
      expect(b.gaps).toEqual(['99000 events more than their publisher holds'])
      expect(b.heard.size).toBe(1_000)
      await eventually('what follows', hears(b.heard, a.publish(3)))
    })

    test('does not hold up who publishes, nor who closes', async () => {
      const a = await join('a')
      server.freeze()
      try {
        const startedAt = performance.now()
        a.publish(1_000)
        expect(performance.now() - startedAt).toBeLessThan(1_000)
        await a.bus.close()
        expect(performance.now() - startedAt).toBeLessThan(5_000)
      } finally {
        server.thaw()
      }
    })
  })

  describe('a server that comes back as another process', () => {
    test('is a gap at every receiver, and what waited at its publishers arrives', async () => {
      const [a, b] = [await join('a'), await join('b')]
      await eventually('the first', hears(b.heard, a.publish(5)))
      await server.kill()
      const during = a.publish(50)
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      await server.restart()
      await eventually('what waited', hears(b.heard, during))
      await eventually('gaps', () => a.gaps.length > 0 && b.gaps.length > 0)
      await eventually('what follows', hears(b.heard, a.publish(3)))
    })
  })

  describe('the stream', () => {
    test('is cut at its length; a reader that falls off its end is told', async () => {
      const admin = new Redis(server.url)
      const [a, b] = [await join('a', { maxLength: 1_000, maxQueued: 100_000 }), await join('b')]
      await eventually('the first', hears(b.heard, a.publish(1)))
      // The reader cannot read, the publisher can: its connections are told apart by what they wait for.
      const clients = (await admin.client('LIST')) as string
      const readers = [...clients.matchAll(/^id=(\d+) .*cmd=xread/gm)].map(([, id]) => id as string)
      expect(readers).toHaveLength(2)
      const flood = a.publish(20_000)
      await eventually('the flood', hears(b.heard, flood.slice(-1)))
      expect(b.heard.size === 20_001 || b.gaps.length > 0).toBe(true)
      expect(await admin.xlen(`${prefix}:bus`)).toBeLessThan(1_200)

      const gaps = b.gaps.length
      for (const id of readers) await admin.client('KILL', 'ID', id)
      // Written at once, before the readers are back.
      const pipeline = admin.pipeline()
      const [last] = await admin.xrevrange(`${prefix}:bus`, '+', '-', 'COUNT', 1)
      const generation = last?.[0].split('-')[0]
      for (let index = 0; index < 3_000; index++) {
        const own = event('c', index)
        pipeline.xadd(`${prefix}:bus`, 'MAXLEN', 100, `${generation}-*`, 'o', '"c"', 'e', JSON.stringify(own))
      }
      await pipeline.exec()
      await eventually('the last', () => b.heard.has('c-2999'))
      expect(b.gaps.length).toBeGreaterThan(gaps)
      expect(b.gaps.at(-1)).toMatch(/cut off before they were read/)
      admin.disconnect()
    })

    test('that is deleted under its readers is a gap, and they go on with the next', async () => {
      const admin = new Redis(server.url)
      const [a, b] = [await join('a'), await join('b')]
      await eventually('the first', hears(b.heard, a.publish(3)))
      await admin.del(`${prefix}:bus`)
      await eventually('what follows', hears(b.heard, a.publish(3)))
      await eventually('a gap', () => b.gaps.length > 0)
      admin.disconnect()
    })
  })

  test('a reader that opens late hears nothing of before, and no gap', async () => {
    const a = await join('a')
    const early = a.publish(3)
    await eventually('a is sent', async () => {
      const admin = new Redis(server.url)
      const length = await admin.xlen(`${prefix}:bus`)
      admin.disconnect()
      return length === 3
    })
    const b = await join('b')
    await eventually('what follows', hears(b.heard, a.publish(1)))
    expect(early.some((id) => b.heard.has(id))).toBe(false)
    expect(b.gaps).toEqual([])
  })

  test('events go to a plain channel as well, with dotted names', async () => {
    const listener = new Redis(server.url)
    const messages: unknown[] = []
    listener.on('message', (_channel, message: string) => messages.push(JSON.parse(message)))
    await listener.subscribe('events')
    const a = await join('a', { eventsChannel: 'events' })
    a.bus.publish({ ...event('a', 7), payload: '{"cpu":1}' })
    a.bus.publish(event('a', 8))
    await eventually('two messages', () => messages.length === 2)
    expect(messages).toEqual([
      { type: 'snapshot.changed', data: { id: 'orders/eu-west', team: 'red', at: 7, document: { cpu: 1 } } },
      { type: 'snapshot.changed', data: { id: 'orders/eu-west', team: 'red', at: 8 } },
    ])
    listener.disconnect()
  })

  test('the host’s own client is used as it is, and left open', async () => {
    const client = new Redis(server.url)
    const [a, b] = [await join('a', { url: undefined, client } as never), await join('b')]
    await eventually('an event', hears(b.heard, a.publish(1)))
    await a.bus.close()
    expect(await client.ping()).toBe('PONG')
    client.disconnect()
  })

  test('a server that is not there rejects open with UNAVAILABLE, soon', async () => {
    const bus = redisBus({ url: 'redis://127.0.0.1:1', timeoutMs: 300 })
    const listener = { origin: 'a', event: () => {}, gap: () => {} }
    await expect(bus.open(listener)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: 'The Redis bus cannot reach its server (ECONNREFUSED).',
    })
    await expect(bus.ping()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await bus.close()
  })

  test('a wrong password, and none where one is needed, are said to be that', async () => {
    const admin = new Redis(server.url)
    await admin.config('SET', 'requirepass', 'right')
    try {
      for (const user of [':secret@', '']) {
        const url = server.url.replace('//', `//${user}`)
        const refused = { code: 'UNAVAILABLE', message: expect.stringMatching(/^The Redis \w+ has no permission .* password\.$/) }
        const bus = redisBus({ url, timeoutMs: 500 })
        await expect(bus.open({ origin: 'a', event: () => {}, gap: () => {} })).rejects.toMatchObject(refused)
        await bus.close()
        const cache = redisCache({ url, timeoutMs: 500 })
        // The first waits for a connection; for the second it is known that there is none.
        for (let calls = 0; calls < 2; calls++) await expect(cache.get('a')).rejects.toMatchObject(refused)
        await cache.close()
      }
    } finally {
      await admin.config('SET', 'requirepass', '')
      admin.disconnect()
    }
  })

  test.each([[{}], [{ url: 'http://127.0.0.1' }], [{ url: 'redis://a', client: new Redis({ lazyConnect: true }) }]])(
    'a source that is none, or two, is refused: %#',
    (source) => {
      expect(() => redisBus(source)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
    },
  )
}
