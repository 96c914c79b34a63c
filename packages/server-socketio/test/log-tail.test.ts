import { createClient, createSharedSockets } from '@sightline/client'
import {
  allowAll,
  type Bus,
  createSightline,
  memoryBus,
  memoryNetwork,
  memoryStorage,
  memoryStore,
  silentLogger,
} from '@sightline/core'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { redisBus } from '../../adapter-redis/src/index.ts'
import { type OwnRedisServer, startOwnRedis } from '../../adapter-redis/test/redis-server.ts'
import { serve } from '../src/index.ts'

const PATIENCE_MS = 20_000

interface Tail {
  readonly data?: readonly { readonly id: string; readonly message: string }[]
}

let redis: OwnRedisServer
beforeAll(async () => {
  const started = await startOwnRedis()
  if ('unavailable' in started) throw new Error(started.unavailable)
  redis = started
}, 300_000)
afterAll(() => redis.stop())

const undo: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

const buses: readonly (readonly [name: string, open: () => Promise<() => Promise<Bus>>])[] = [
  ['Redis', async () => async () => redisBus({ url: redis.url })],
  [
    'memory',
    async () => {
      const network = memoryNetwork()
      return async () => memoryBus({ network })
    },
  ],
]

describe.each(buses)('over %s', (_, open) => {
  /** Two engines on one store, each with a server of its own. */
  const setUp = async () => {
    const store = memoryStore()
    const bus = await open()
    const join = async () => {
      const sightline = createSightline({
        access: allowAll(),
        logger: silentLogger(),
        probes: [],
        storage: memoryStorage({ store }),
        bus: await bus(),
        services: { shop: { check: { kind: 'heartbeat' } } },
      })
      const web = serve(sightline, { rateLimit: false })
      const { url } = await web.listen({ port: 0 })
      await sightline.start()
      undo.push(
        () => sightline.stop(),
        () => web.close({ drainMs: 100 }),
      )
      return { sightline, url }
    }
    const [a, b] = [await join(), await join()]
    const watch = (params: object) => {
      const client = createClient({ url: b.url, sockets: createSharedSockets() })
      undo.push(() => client.close())
      const shown = new Map<string, string>()
      let isAnswered = false
      const topic = client.topic('logs' as never, params as never) as { subscribe(listener: (view: Tail) => void): void }
      topic.subscribe(({ data }) => {
        isAnswered ||= data !== undefined
        for (const { id, message } of data ?? []) shown.set(id, message)
      })
      return { isAnswered: () => isAnswered, messages: () => [...shown.values()] }
    }
    const post = async (lines: readonly object[]) => {
      const body = lines.map((line) => JSON.stringify({ service: 'shop', ...line })).join('\n')
      const response = await fetch(`${a.url}/api/v1/logs`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body,
      })
      expect(await response.json()).toMatchObject({ accepted: lines.length })
    }
    return { a, watch, post }
  }

  test('a line that one process takes in is on the screens of another, narrowed as each wants it, without its secrets', async () => {
    const { a, watch, post } = await setUp()
    const all = watch({})
    const errors = watch({ service: 'shop', minSeverity: 'error' })
    const others = watch({ service: 'mail' })
    await vi.waitFor(() => expect([all, errors, others].every(({ isAnswered }) => isAnswered())).toBe(true), PATIENCE_MS)
    // The other process says within a moment that somebody watches there; what comes before that is found by a search.
    await vi.waitFor(async () => {
      await post([{ message: 'warm up' }])
      expect(all.messages()).toContain('warm up')
    }, PATIENCE_MS)
    await post([{ message: 'order taken' }, { message: 'payment failed, password=hunter2', severity: 'error' }])
    a.sightline.log({ service: 'shop', message: 'said in process', severity: 'fatal' })
    await vi.waitFor(() => {
      expect(all.messages()).toEqual(expect.arrayContaining(['order taken', 'said in process']))
      expect(errors.messages()).toEqual(expect.arrayContaining([expect.stringContaining('payment failed'), 'said in process']))
    }, PATIENCE_MS)
    expect(errors.messages()).toHaveLength(2)
    expect(others.messages()).toEqual([])
    expect(JSON.stringify([all.messages(), errors.messages()])).not.toContain('hunter2')
  }, 60_000)

  test('a flood at one process leaves the errors on the screens of the other, and both go on', async () => {
    const { watch, post } = await setUp()
    const all = watch({})
    await vi.waitFor(async () => {
      await post([{ message: 'warm up' }])
      expect(all.messages()).toContain('warm up')
    }, PATIENCE_MS)
    // As many as are looked through in one gathering: two thousand.
    const flood = Array.from({ length: 1_500 }, (_, index) =>
      index % 250 === 0 ? { message: `bad ${index}`, severity: 'error' } : { message: `line ${index}` },
    )
    await post(flood)
    await vi.waitFor(() => {
      const bad = all.messages().filter((message) => message.startsWith('bad'))
      expect(bad.sort()).toEqual(['bad 0', 'bad 1000', 'bad 1250', 'bad 250', 'bad 500', 'bad 750'])
    }, PATIENCE_MS)
    await post([{ message: 'afterwards' }])
    await vi.waitFor(() => expect(all.messages()).toContain('afterwards'), PATIENCE_MS)
  }, 60_000)
})
