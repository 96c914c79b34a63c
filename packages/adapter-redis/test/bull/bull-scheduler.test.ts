import { randomUUID } from 'node:crypto'
import { bullScheduler } from '@sightline/adapter-redis/bull'
import type { Schedule, Scheduler, Tick } from '@sightline/core/ports'
import { Redis } from 'ioredis'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { eventually } from '../eventually.ts'
import { startOwnRedis } from '../redis-server.ts'

vi.setConfig({ testTimeout: 120_000 })

const server = await startOwnRedis()

if ('unavailable' in server) {
  test('bullmq scheduler', (context) => context.skip(server.unavailable))
} else {
  const opened: Scheduler[] = []
  let prefix = randomUUID()

  const open = (options: Partial<Parameters<typeof bullScheduler>[0]> = {}): Scheduler => {
    const scheduler = bullScheduler({ connection: server.url, prefix, leaseMs: 1_000, timeoutMs: 1_000, ...options })
    opened.push(scheduler)
    return scheduler
  }

  const work = async (scheduler: Scheduler, run: (tick: Tick) => Promise<void> = async () => {}): Promise<readonly Tick[]> => {
    const ticks: Tick[] = []
    await scheduler.start({
      lanes: ['default'],
      run: async (tick) => {
        ticks.push(tick)
        await run(tick)
      },
    })
    return ticks
  }

  const schedule = (id: string, everyMs = 200): Schedule => ({
    id,
    kind: 'poll',
    payload: '{}',
    everyMs,
    offsetMs: 0,
    lane: 'default',
  })

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((scheduler) => scheduler.close()))
    prefix = randomUUID()
  })
  afterAll(() => server.stop())

  test('a server that is frozen: nothing ticks, and all of it goes on by itself', async () => {
    const scheduler = open()
    const ticks = await work(scheduler)
    await scheduler.put([schedule('a'), schedule('b')])
    await eventually('ticks', () => ticks.length >= 4)
    server.freeze()
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    const before = ticks.length
    server.thaw()
    await eventually('ticks again', () => ticks.length >= before + 6)
    const dueAts = ticks.map(({ schedule: { id }, dueAt }) => `${id}@${dueAt}`)
    expect(new Set(dueAts).size).toBe(dueAts.length)
  })

  test('a server that comes back empty is told of every schedule again, also of what was put meanwhile', async () => {
    const scheduler = open()
    const ticks = await work(scheduler)
    await scheduler.put([schedule('a'), schedule('b')])
    await eventually('ticks', () => ticks.length >= 4)
    await server.kill()
    await scheduler.put([schedule('c')])
    await scheduler.remove(['b'])
    await server.restart()
    const from = ticks.length
    const ids = () => new Set(ticks.slice(from).map((tick) => tick.schedule.id))
    await eventually('both that stay', () => ids().has('a') && ids().has('c'))
    expect(ids().has('b')).toBe(false)
    expect(Math.min(...ticks.slice(from).map(({ fence }) => fence))).toBeGreaterThan(
      Math.max(...ticks.slice(0, from).map(({ fence }) => fence)),
    )
  })

  test('a process starts while the server is away, and ticks once it is there', async () => {
    await server.kill()
    const scheduler = open()
    await scheduler.put([schedule('a')])
    const ticks = await work(scheduler)
    await expect(scheduler.list({ limit: 1 })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await server.restart()
    await eventually('ticks', () => ticks.length >= 2)
  })

  test('one that puts and one that works: added, changed and removed while it runs', async () => {
    const [web, poller] = [open(), open()]
    const ticks = await work(poller, (tick) => new Promise((resolve) => tick.signal.addEventListener('abort', () => resolve())))
    await web.put([schedule('a')])
    await eventually('a tick', () => ticks.length > 0)
    await web.put([{ ...schedule('a'), payload: '"changed"' }])
    await eventually('the new payload', () => ticks.at(-1)?.schedule.payload === '"changed"')
    await web.remove(['a'])
    await eventually('every run is aborted', () => ticks.every(({ signal }) => signal.aborted))
    const count = ticks.length
    await new Promise((resolve) => setTimeout(resolve, 700))
    expect(ticks.length).toBe(count)
  })

  test('a schedule that is new ticks once soon where it asks for that, however rare it is and however many put it', async () => {
    const [one, two] = [open(), open()]
    const ticks = await work(one)
    const rare = Array.from({ length: 10 }, (_, index) => ({
      ...schedule(`rare-${index}`, 3_600_000),
      // Half an hour from now: no tick of their own comes between.
      offsetMs: (Date.now() + 1_800_000 + index * 1_000) % 3_600_000,
      firstWithinMs: 1_000,
    }))
    await Promise.all([one.put(rare), two.put(rare)])
    await eventually('each once', () => new Set(ticks.map((tick) => tick.schedule.id)).size === rare.length)
    await new Promise((resolve) => setTimeout(resolve, 500))
    await one.put(rare)
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(ticks.length).toBe(rare.length)
  })

  test('a schedule that no living process has put is forgotten', async () => {
    const gone = open()
    await gone.put([schedule('a'), schedule('b')])
    await gone.close()
    const scheduler = open({ forgetAfterMs: 800 })
    const ticks = await work(scheduler)
    await scheduler.put([schedule('b')])
    await eventually('only what is wanted', async () => (await scheduler.list({ limit: 10 })).items.length === 1)
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect((await scheduler.list({ limit: 10 })).items.map(({ id }) => id)).toEqual(['b'])
    const from = ticks.length
    await eventually('it ticks', () => ticks.length >= from + 2)
    expect(new Set(ticks.slice(from).map((tick) => tick.schedule.id))).toEqual(new Set(['b']))
  })

  test('a server emptied under several processes: each tells its own again, and nobody what another has removed', async () => {
    const admin = new Redis(server.url)
    const [one, two] = [open(), open()]
    const ticks = await work(one)
    await two.start({ lanes: ['other'], run: async () => {} })
    await one.put([schedule('shared'), schedule('removed')])
    await two.put([schedule('shared'), schedule('removed'), schedule('of-two')])
    await one.remove(['removed'])
    // Two rounds: the other has learned of it.
    await new Promise((resolve) => setTimeout(resolve, 600))
    await admin.flushall()
    const from = ticks.length
    const ids = () => new Set(ticks.slice(from + 10).map((tick) => tick.schedule.id))
    await eventually('both come back', () => ids().has('shared') && ids().has('of-two'))
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect([...ids()].toSorted()).toEqual(['of-two', 'shared'])
    expect((await two.list({ limit: 10 })).items.map(({ id }) => id)).toEqual(['of-two', 'shared'])
    admin.disconnect()
  })

  test('closing does not wait for a server that is frozen', async () => {
    const scheduler = open()
    const ticks = await work(scheduler)
    await scheduler.put([schedule('a')])
    await eventually('a tick', () => ticks.length > 0)
    server.freeze()
    try {
      const startedAt = performance.now()
      await scheduler.close()
      expect(performance.now() - startedAt).toBeLessThan(10_000)
    } finally {
      server.thaw()
    }
  })

  test('what BullMQ has lost of a schedule comes back when it is put again', async () => {
    const scheduler = open()
    const ticks = await work(scheduler)
    await scheduler.put([schedule('a')])
    await eventually('a tick', () => ticks.length > 0)
    const admin = new Redis(server.url)
    for (const key of await admin.keys(`${prefix}:bull:*`)) await admin.del(key)
    admin.disconnect()
    await new Promise((resolve) => setTimeout(resolve, 500))
    const from = ticks.length
    await scheduler.put([schedule('a')])
    await eventually('ticks again', () => ticks.length >= from + 2)
  })

  test.each([
    ['of BullMQ', (key: string) => key.includes(':bull:')],
    ['but for its name', (key: string) => !key.endsWith(':installation')],
  ])('a server that has lost everything %s, as one that evicts keys, is told again', async (_name, isLost) => {
    const scheduler = open({ forgetAfterMs: 4_000 })
    const ticks = await work(scheduler)
    await scheduler.put([schedule('a'), schedule('b')])
    await eventually('ticks', () => ticks.length >= 4)
    const admin = new Redis(server.url)
    for (const key of (await admin.keys(`${prefix}:*`)).filter(isLost)) await admin.del(key)
    admin.disconnect()
    await new Promise((resolve) => setTimeout(resolve, 500))
    const from = ticks.length
    const ids = () => new Set(ticks.slice(from).map((tick) => tick.schedule.id))
    await eventually('ticks of both again', () => ids().has('a') && ids().has('b'))
    expect((await scheduler.list({ limit: 10 })).items.map(({ id }) => id)).toEqual(['a', 'b'])
  })

  test('the host’s own client, with a prefix of its own, is left open', async () => {
    const client = new Redis(server.url, { keyPrefix: 'host:' })
    const scheduler = open({ connection: client })
    const ticks = await work(scheduler)
    await scheduler.put([schedule('a')])
    await eventually('a tick', () => ticks.length > 0)
    await scheduler.close()
    expect(await client.ping()).toBe('PONG')
    client.disconnect()
  })
}
