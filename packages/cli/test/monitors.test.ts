import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { startOwnRedis } from '../../adapter-redis/test/redis-server.ts'
import { startOwnPostgres } from '../../adapter-sql/test/postgres-server.ts'
import { askState, startWatchedProvider } from '../../core/test/engine/support/watched-provider.ts'

// Servers and processes are started and killed, on machines that may be busy with more.
vi.setConfig({ testTimeout: 240_000 })

const monitor = fileURLToPath(new URL('./processes/monitor.ts', import.meta.url))
const PATIENCE_MS = 60_000
const INTERVAL_MS = 2_000
/** As long as a process that died keeps what it held. */
const LEASE_MS = 10_000

interface Answer {
  readonly incidents: { readonly items: readonly { readonly id: string; readonly status: string }[] }
  readonly jobs: { readonly status: string; readonly openIncidents: number }
}

const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Each once: who dies between sending and writing that down has it sent again, under the same key. */
const statusesOf = ({ told }: Pick<Awaited<ReturnType<typeof startWatchedProvider>>, 'told'>): readonly string[] => [
  ...new Map(told.map(({ key, status }) => [key, status])).values(),
]

for (const [how, scheduler] of [
  ['by the timers of one of them', 'timers'],
  ['by a schedule that they share', 'bull'],
] as const) {
  test(`three processes on PostgreSQL and Redis, checking ${how}: one check an interval, one incident, one message; who leads is killed`, async () => {
    const [postgres, redis] = await Promise.all([startOwnPostgres(), startOwnRedis()])
    if ('unavailable' in postgres) throw new Error(postgres.unavailable)
    if ('unavailable' in redis) throw new Error(redis.unavailable)
    const provider = await startWatchedProvider()
    const children: ChildProcess[] = []
    try {
      for (let n = 0; n < 3; n++) {
        const child = fork(monitor, [provider.url, postgres.url, redis.url, scheduler], {
          execArgv: ['--conditions=@sightline/source'],
        })
        children.push(child)
        const [first] = await Promise.race([once(child, 'message'), once(child, 'exit')])
        expect(first).toBe('started')
      }
      await vi.waitFor(() => expect(provider.checks.length).toBeGreaterThanOrEqual(2), PATIENCE_MS)
      const before = provider.checks.length
      const since = performance.now()
      await pass(12_000)
      const intervals = (performance.now() - since) / INTERVAL_MS
      // Each of the three would make it three times as many.
      expect(provider.checks.length - before).toBeGreaterThanOrEqual(Math.floor(intervals) - 2)
      expect(provider.checks.length - before).toBeLessThanOrEqual(Math.ceil(intervals) + 1)

      provider.turn('down')
      await vi.waitFor(() => expect(statusesOf(provider)).toEqual(['firing']), PATIENCE_MS)
      for (const child of children) {
        await vi.waitFor(
          async () => expect((await askState<Answer>(child)).jobs).toMatchObject({ status: 'down', openIncidents: 1 }),
          PATIENCE_MS,
        )
      }
      const opened = (await askState<Answer>(children[0] as ChildProcess)).incidents.items
      expect(opened).toMatchObject([{ status: 'open' }])

      // Only who leads tells.
      const leader = children.find(({ pid }) => pid === provider.told[0]?.by) as ChildProcess
      leader.kill('SIGKILL')
      await once(leader, 'exit')
      const killedAt = performance.now()
      const rest = children.filter((child) => child !== leader)
      await vi.waitFor(
        () => expect(provider.checks.some(({ by, at }) => at > killedAt && by !== leader.pid)).toBe(true),
        PATIENCE_MS,
      )
      provider.turn('up')
      await vi.waitFor(() => expect(statusesOf(provider)).toEqual(['firing', 'resolved']), PATIENCE_MS)
      const { at: resumedAt, by } = provider.told.find(({ status }) => status === 'resolved') as (typeof provider.told)[number]
      console.info(`${how}: told again ${Math.round(resumedAt - killedAt)} ms after the kill`)
      expect(resumedAt - killedAt).toBeLessThan(2 * LEASE_MS + INTERVAL_MS)
      expect(rest.map(({ pid }) => pid)).toContain(by)

      provider.turn('down')
      await vi.waitFor(() => expect(statusesOf(provider)).toEqual(['firing', 'resolved', 'firing']), PATIENCE_MS)
      for (const child of rest) {
        await vi.waitFor(async () => {
          const { jobs, incidents } = await askState<Answer>(child)
          expect(jobs).toMatchObject({ status: 'down', openIncidents: 1 })
          // Within ten minutes it is the same one, opened again.
          expect(incidents.items).toEqual([expect.objectContaining({ id: opened[0]?.id, status: 'open' })])
        }, PATIENCE_MS)
      }
      expect(statusesOf(provider)).toEqual(['firing', 'resolved', 'firing'])
    } finally {
      for (const child of children) child.kill('SIGKILL')
      await Promise.all(children.map(async (child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')))
      await provider.close()
      await redis.stop()
      await postgres.stop()
    }
  })
}
