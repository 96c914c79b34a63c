import { randomUUID } from 'node:crypto'
import { type RedisSessionsOptions, redisSessions } from '@sightline/adapter-redis'
import type { SessionStore } from '@sightline/core/ports'
import { Redis } from 'ioredis'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { eventually } from './eventually.ts'
import { startOwnRedis } from './redis-server.ts'

vi.setConfig({ testTimeout: 90_000 })

const server = await startOwnRedis()

if ('unavailable' in server) {
  test('redis sessions', (context) => context.skip(server.unavailable))
} else {
  const opened: SessionStore[] = []
  let prefix = randomUUID()

  const open = (process: string, options: Partial<RedisSessionsOptions> = {}): SessionStore => {
    const sessions = redisSessions({ url: server.url, prefix, process, ttlMs: 900, timeoutMs: 500, ...options })
    opened.push(sessions)
    return sessions
  }

  const session = (id: string) => ({
    id,
    team: 'red',
    userId: null,
    openedAt: 1,
    subscriptions: [{ topic: 'metrics', params: { api: 'orders' }, variant: 'v1' as const }],
  })

  const idsOf = async (sessions: SessionStore, limit = 100): Promise<readonly string[]> => {
    const ids: string[] = []
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<SessionStore['list']>> = await sessions.list({
        limit,
        ...(cursor === null ? {} : { cursor }),
      })
      ids.push(...page.items.map(({ process, id }) => `${process}/${id}`))
      cursor = page.next
    } while (cursor !== null)
    return ids
  }

  afterEach(async () => {
    for (const sessions of opened.splice(0)) await sessions.close()
    prefix = randomUUID()
  })
  afterAll(() => server.stop())

  test('every process sees the sessions of all, each once, in pages', async () => {
    const [a, b] = [open('a'), open('b')]
    for (const id of ['3', '1', 'x:y "z"\ud800', '2']) await a.save(session(id))
    await b.save(session('1'))
    await b.save({ ...session('1'), userId: 'u1' })
    const all = ['a/1', 'a/2', 'a/3', 'a/x:y "z"\ud800', 'b/1']
    for (const limit of [1, 2, 100]) expect(await idsOf(b, limit)).toEqual(all)
    expect((await a.list({ limit: 100 })).items.at(-1)).toEqual({ ...session('1'), process: 'b', userId: 'u1' })
    expect(await a.count()).toEqual({ processes: 2, sessions: 5 })
    await a.delete('2')
    await a.delete('none')
    expect(await a.count()).toEqual({ processes: 2, sessions: 4 })
    await a.close()
    expect(await idsOf(b)).toEqual(['b/1'])
  })

  test('the sessions of a process that died are forgotten by those that live', async () => {
    const admin = new Redis(server.url)
    await open('living').save(session('1'))
    // As a process leaves it that is killed: nobody beats for it any more.
    await admin.zadd(`${prefix}:sessions:processes`, Date.now() - 2_000, 'dead')
    await admin.hset(`${prefix}:sessions:of:dead`, '7', JSON.stringify({ ...session('7'), process: 'dead' }))
    await eventually('only the living', async () => (await idsOf(opened[0] as SessionStore)).join() === 'living/1')
    expect(await admin.exists(`${prefix}:sessions:of:dead`)).toBe(0)
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(await idsOf(opened[0] as SessionStore)).toEqual(['living/1'])
    admin.disconnect()
  })

  test('a server that comes back empty is told again, also of what came and went meanwhile', async () => {
    const a = open('a')
    await a.save(session('1'))
    await a.save(session('2'))
    await server.kill()
    await expect(a.save(session('3'))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await expect(a.delete('1')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await server.restart()
    await eventually('what there is', () =>
      idsOf(a).then(
        (ids) => ids.join() === 'a/2,a/3',
        () => false,
      ),
    )
  })

  test.each(['', 'sessions:', 'schedules:x', 'sessions:%5B1%5D'])('the cursor %j is refused', async (cursor) => {
    await expect(open('a').list({ limit: 1, cursor })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  })
}
