import { randomUUID } from 'node:crypto'
import { type RedisCache, type RedisCacheOptions, redisCache } from '@sightline/adapter-redis'
import { Redis } from 'ioredis'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { eventually } from './eventually.ts'
import { startOwnRedis } from './redis-server.ts'

vi.setConfig({ testTimeout: 90_000 })

const server = await startOwnRedis()

if ('unavailable' in server) {
  test('redis cache beyond its port', (context) => context.skip(server.unavailable))
} else {
  const opened: RedisCache[] = []
  const admin = new Redis(server.url)
  let prefix = randomUUID()

  const open = (options: Partial<RedisCacheOptions> = {}): RedisCache => {
    const cache = redisCache({ url: server.url, prefix, timeoutMs: 1_000, ...options })
    opened.push(cache)
    return cache
  }

  afterEach(async () => {
    for (const cache of opened.splice(0)) await cache.close()
    prefix = randomUUID()
  })
  afterAll(async () => {
    admin.disconnect()
    await server.stop()
  })

  test('a value lives for an hour where nobody says', async () => {
    const cache = open()
    await cache.set('a', '1')
    const ttlMs = await admin.pttl(`${prefix}:cache:a`)
    expect(ttlMs).toBeGreaterThan(3_590_000)
    expect(ttlMs).toBeLessThanOrEqual(3_600_000)
  })

  test.each([0, -1, Number.NaN])('a time of %s is refused', async (ttlMs) => {
    await expect(open().set('a', '1', { ttlMs })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  })

  describe('getOrSet', () => {
    test('fills once for all processes that ask', async () => {
      let fills = 0
      const fill = async () => {
        fills++
        await new Promise((resolve) => setTimeout(resolve, 200))
        return `"${fills}"`
      }
      const caches = [open(), open(), open()]
      const values = await Promise.all(
        Array.from({ length: 30 }, (_, asker) => (caches[asker % 3] as RedisCache).getOrSet('report', fill)),
      )
      expect(fills).toBe(1)
      expect(new Set(values)).toEqual(new Set(['"1"']))
      expect(await open().get('report')).toBe('"1"')
    })

    test('a fill that rejects rejects for its own process; the next one fills', async () => {
      const [failing, other] = [open(), open()]
      const failed = failing.getOrSet('a', async () => {
        await new Promise((resolve) => setTimeout(resolve, 100))
        throw new Error('no report today')
      })
      const filled = new Promise((resolve) => setTimeout(resolve, 30)).then(() => other.getOrSet('a', async () => '2'))
      await expect(failed).rejects.toThrow('no report today')
      expect(await filled).toBe('2')
    })

    test('what was deleted while it was filled is not stored', async () => {
      const [cache, other] = [open(), open()]
      let release = (): void => {}
      const held = new Promise<void>((resolve) => {
        release = resolve
      })
      let isFilling = false
      const filled = cache.getOrSet('a', async () => {
        isFilling = true
        await held
        return '"old"'
      })
      await eventually('filling', () => isFilling)
      await other.delete('a')
      release()
      expect(await filled).toBe('"old"')
      expect(await other.get('a')).toBe(null)
    })

    test('one that dies while it fills is followed by another', async () => {
      const [dying, other] = [open({ fillMs: 300 }), open({ fillMs: 300 })]
      void dying.getOrSet('a', () => new Promise(() => {}))
      await eventually('a claim', async () => (await admin.exists(`${prefix}:fill:a`)) === 1)
      expect(await other.getOrSet('a', async () => '2')).toBe('2')
    })

    test('a server that is away costs nothing but time', async () => {
      const cache = redisCache({ url: 'redis://127.0.0.1:1', timeoutMs: 200 })
      opened.push(cache)
      expect(await cache.getOrSet('a', async () => '1')).toBe('1')
      await expect(cache.get('a')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    })
  })

  test('warming sets what is absent and leaves what is there', async () => {
    const cache = open()
    await cache.set('a', '"newer"')
    await cache.warm([
      ['a', '"older"'],
      ['b', '"b"'],
    ])
    expect(await cache.get('a')).toBe('"newer"')
    expect(await cache.get('b')).toBe('"b"')
  })

  test('a server that has no room refuses to set, and says so', async () => {
    const cache = open()
    await admin.config('SET', 'maxmemory', '1')
    try {
      for (const ifAbsent of [false, true]) {
        await expect(cache.set('a', '1', { ifAbsent })).rejects.toMatchObject({
          code: 'UNAVAILABLE',
          message: 'The Redis cache is refused by the server for now.',
        })
      }
    } finally {
      await admin.config('SET', 'maxmemory', '0')
    }
  })

  test('a frozen server: calls are refused in time, and what waits for it is bounded', async () => {
    const client = new Redis(server.url, { maxRetriesPerRequest: null }).on('error', () => {})
    const cache = open({ url: undefined, client, timeoutMs: 300 } as never)
    await cache.set('a', '1')
    server.freeze()
    try {
      const codes = await Promise.all(
        Array.from({ length: 5_000 }, () =>
          cache.get('a').then(
            () => 'an answer',
            (error: { readonly code: string }) => error.code,
          ),
        ),
      )
      expect(new Set(codes)).toEqual(new Set(['UNAVAILABLE']))
      expect(client.commandQueue.length).toBeLessThanOrEqual(1_000)
    } finally {
      server.thaw()
    }
    await eventually('an answer', () =>
      cache.get('a').then(
        (value) => value === '1',
        () => false,
      ),
    )
    client.disconnect()
  })
}
