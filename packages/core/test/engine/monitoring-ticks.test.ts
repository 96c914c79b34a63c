import { expect, test, vi } from 'vitest'
import { silentLogger, timerScheduler } from '../../src/index.ts'
import type { Clock, Scheduler } from '../../src/ports/index.ts'
import { createInstallation } from './support/monitored.ts'

const MINUTE_MS = 60_000

/** A scheduler whose server can go away: it gives no tick then, and answers nobody, by hanging or with an error. */
const remoteScheduler = (clock: Clock) => {
  const inner = timerScheduler({ clock })
  const server = { is: 'there' as 'there' | 'refusing' | 'frozen' }
  const scheduler: Scheduler = {
    ...inner,
    name: 'remote',
    start: ({ lanes, run }) => inner.start({ lanes, run: async (tick) => (server.is === 'there' ? run(tick) : undefined) }),
    list: (page) => {
      if (server.is === 'frozen') return new Promise<never>(() => {})
      return server.is === 'there' ? inner.list(page) : Promise.reject(new Error('the connection is closed'))
    },
  }
  return { server, scheduler }
}

test.each(['refusing', 'frozen'] as const)(
  'a scheduler that is %s is told as what it is, and nobody is called silent for it; what fails afterwards is told',
  async (way) => {
    const at = createInstallation({
      services: { shop: { intervalMs: 10_000 }, mail: { intervalMs: 1_000 } },
      routes: [{ channels: ['ops'], groupWaitMs: 0 }],
    })
    const { server, scheduler } = remoteScheduler(at.clock)
    const logger = { ...silentLogger(), warn: vi.fn(), child: () => logger }
    const member = await at.join({ scheduler, logger })
    await at.clock.advance(MINUTE_MS)
    const statuses = async () => {
      const { items } = await member.call<{ items: { name: string; status: string }[] }>('services.list')
      return Object.fromEntries(items.map(({ name, status }) => [name, status]))
    }
    expect(await statuses()).toEqual({ shop: 'up', mail: 'up' })

    server.is = way
    await at.clock.advance(10 * MINUTE_MS)
    expect(await statuses()).toEqual({ shop: 'up', mail: 'up' })
    expect(at.sent).toEqual([])
    expect(await member.sightline.health()).toMatchObject({ status: 'degraded', checks: { pollers: { status: 'degraded' } } })
    const told = logger.warn.mock.calls.map(([, message]) => message)
    expect(told.filter((message) => /scheduler does not answer/.test(message))).toHaveLength(1)

    server.is = 'there'
    at.probe('shop').fails(new Error('connect ECONNREFUSED'))
    await at.clock.advance(MINUTE_MS)
    expect(await statuses()).toEqual({ shop: 'down', mail: 'up' })
    expect(await member.sightline.health()).toMatchObject({ checks: { pollers: { status: 'healthy' } } })
    expect(at.sent).toHaveLength(1)
  },
)

test('who checks often is not silent while another process takes over from one that died; who stays away is', async () => {
  const at = createInstallation({
    services: { mail: { intervalMs: 1_000 } },
    routes: [{ channels: ['ops'], groupWaitMs: 0 }],
  })
  const first = await at.join()
  const second = await at.join({ poll: false })
  await at.clock.advance(MINUTE_MS)
  const status = async () => {
    const { items } = await second.call<{ items: { status: string }[] }>('services.list')
    return items[0]?.status
  }
  first.crash()
  await at.clock.advance(25_000)
  expect(await status()).toBe('up')
  expect(at.sent).toEqual([])
})
