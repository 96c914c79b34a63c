import { randomUUID } from 'node:crypto'
import { allowAll, createSightline, type Sightline } from '@sightline/core'
import { serve } from '@sightline/server-socketio'
import { Redis } from 'ioredis'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { startOwnRedis } from './redis-server.ts'

vi.setConfig({ testTimeout: 90_000 })

const server = await startOwnRedis()

if ('unavailable' in server) {
  test('rate limits over processes', (context) => context.skip(server.unavailable))
} else {
  const undo: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step()
  })
  afterAll(() => server.stop())

  /** A server as another process has it: its own Sightline, its own client. */
  const start = async (redisPrefix: string): Promise<() => Promise<number>> => {
    const client = new Redis(server.url).on('error', () => {})
    await client.ping()
    const probe = { collect: async () => ({ outcome: 'value' as const, value: 1, latencyMs: 0, values: {} }) }
    const sightline = createSightline({
      access: allowAll(),
      apis: { orders: { regions: { 'us-east': { probe } } } },
    }) as unknown as Sightline
    const web = serve(sightline, { rateLimit: { requests: 5, windowMs: 60_000, redis: client, redisPrefix } })
    const { url } = await web.listen({ port: 0 })
    undo.push(
      async () => client.disconnect(),
      () => sightline.stop({ timeoutMs: 100 }),
      () => web.close({ drainMs: 0 }),
    )
    return async () => (await fetch(`${url}/api/v1/version`)).status
  }

  test('two processes count together', async () => {
    const prefix = randomUUID()
    const [a, b] = [await start(prefix), await start(prefix)]
    expect([await a(), await b(), await a(), await b(), await a()]).toEqual([200, 200, 200, 200, 200])
    expect([await a(), await b()]).toEqual([429, 429])
  })

  test('while Redis is frozen each counts for itself, and no request waits long', async () => {
    const prefix = randomUUID()
    const [a, b] = [await start(prefix), await start(prefix)]
    expect([await a(), await b()]).toEqual([200, 200])
    server.freeze()
    try {
      const startedAt = performance.now()
      for (const ask of [a, b]) {
        const answers = []
        for (let turn = 0; turn < 6; turn++) answers.push(await ask())
        expect(answers).toEqual([200, 200, 200, 200, 200, 429])
      }
      expect(performance.now() - startedAt).toBeLessThan(4_000)
    } finally {
      server.thaw()
    }
  })
}
