import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Client, createClient } from '@sightline/client'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startOwnRedis } from '../../../packages/adapter-redis/test/redis-server.ts'
import { eventually } from '../../../packages/dashboard/test/support/eventually.ts'
import { type DashboardProcess, runDashboard } from './support/dashboard-process.ts'

vi.setConfig({ testTimeout: 120_000 })

const redis = await startOwnRedis()

if ('unavailable' in redis) {
  it('several processes on one Redis', (context) => context.skip(redis.unavailable))
} else {
  const names = Array.from({ length: 12 }, (_, index) => `zone-${index}`)
  let directory: string
  let provider: Server
  /** When each region was asked, ms since the Unix epoch. */
  let asked: Map<string, number[]>
  let document: Record<string, unknown>
  let running: DashboardProcess[]
  let clients: Client[]
  let database = 0

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'sightline-several-'))
    asked = new Map(names.map((name) => [name, []]))
    document = { state: 'first' }
    provider = createServer((request, response) => {
      asked.get((request.url ?? '').slice(1))?.push(Date.now())
      response.end(JSON.stringify(document))
    })
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
    const { port } = provider.address() as AddressInfo
    const regions = Object.fromEntries(names.map((name) => [name, { url: `http://127.0.0.1:${port}/${name}` }]))
    const config = { apis: { orders: { intervalMs: 1_000, retries: 0, regions } } }
    await writeFile(path.join(directory, 'sightline.config.json'), JSON.stringify(config))
    running = []
    clients = []
    // Each test has a database of its own on the one server.
    database++
  })
  afterEach(async () => {
    for (const client of clients) await client.close()
    for (const { child } of running) child.kill('SIGKILL')
    await Promise.all(running.map(({ ended }) => ended))
    provider.closeAllConnections()
    await new Promise((resolve) => provider.close(resolve))
    await rm(directory, { recursive: true, force: true })
  })
  afterAll(() => redis.stop())

  const run = (variables: Readonly<Record<string, string>> = {}): DashboardProcess => {
    const dashboard = runDashboard({ directory, variables: { REDIS_HOST: `${redis.url}/${database}`, ...variables } })
    running.push(dashboard)
    return dashboard
  }

  /** What a client at that process shows of a region. */
  const watch = (url: string): ((name: string) => unknown) => {
    const client = createClient({ url })
    clients.push(client as Client)
    const shown = new Map<string, unknown>()
    for (const region of names) {
      client.topic('metrics', { api: 'orders', region }).subscribe(({ data }) => {
        shown.set(region, (data as { readonly data?: { readonly state?: unknown } } | undefined)?.data?.state)
      })
    }
    return (name) => shown.get(name)
  }

  const all = (shows: (name: string) => unknown): readonly unknown[] => [...new Set(names.map(shows))]

  /** How often each region was asked within a time from now on. */
  const countAsked = async (forMs: number): Promise<readonly number[]> => {
    const from = Date.now()
    await new Promise((resolve) => setTimeout(resolve, forMs))
    return names.map((name) => (asked.get(name) ?? []).filter((at) => at >= from && at < from + forMs).length)
  }

  const pollsOf = async (url: string): Promise<number> => {
    const text = await (await fetch(`${url}/internal/metrics`)).text()
    return Number(/^sightline_polls_total(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1] ?? Number.NaN)
  }

  /** Of six seconds at one poll a second, on a machine that does other things too; twice as often would be twelve. */
  const isOnceASecond = (counts: readonly number[]): void => {
    for (const count of counts) {
      expect(count).toBeGreaterThanOrEqual(4)
      expect(count).toBeLessThanOrEqual(8)
    }
  }

  describe('two processes that do everything', () => {
    it('poll each target once per interval between them, show each other’s changes, and take over from a dead one', async () => {
      const [a, b] = [run(), run()]
      const [urlA, urlB] = await Promise.all([a.ready, b.ready])
      const [atA, atB] = [watch(urlA), watch(urlB)]
      await eventually(() => all(atA)).toEqual(['first'])
      await eventually(() => all(atB)).toEqual(['first'])
      await eventually(async () => (await pollsOf(urlA)) > 0 && (await pollsOf(urlB)) > 0).toBe(true)
      await countAsked(2_000)

      const before = await Promise.all([pollsOf(urlA), pollsOf(urlB)])
      isOnceASecond(await countAsked(6_000))
      const after = await Promise.all([pollsOf(urlA), pollsOf(urlB)])
      for (const index of [0, 1]) expect((after[index] ?? 0) - (before[index] ?? 0)).toBeGreaterThan(6)

      document = { state: 'second' }
      await eventually(() => all(atA)).toEqual(['second'])
      await eventually(() => all(atB)).toEqual(['second'])

      a.child.kill('SIGKILL')
      document = { state: 'third' }
      await eventually(() => all(atB)).toEqual(['third'])
      isOnceASecond(await countAsked(6_000))

      const c = run()
      const atC = watch(await c.ready)
      await eventually(() => all(atC)).toEqual(['third'])
      b.child.kill('SIGKILL')
      document = { state: 'fourth' }
      await eventually(() => all(atC)).toEqual(['fourth'])
    })

    it('go on with Redis gone and back: what is there is served, what is wrong is said, and it recovers by itself', async () => {
      const [a, b] = [run(), run()]
      const [urlA, urlB] = await Promise.all([a.ready, b.ready])
      const [atA, atB] = [watch(urlA), watch(urlB)]
      await eventually(() => all(atA)).toEqual(['first'])
      await eventually(() => all(atB)).toEqual(['first'])

      redis.freeze()
      try {
        const health = async () => {
          const response = await fetch(`${urlA}/health/detailed`)
          return (await response.json()) as {
            readonly status: string
            readonly checks: Record<string, { readonly status: string }>
          }
        }
        await eventually(async () => (await health()).checks.bus?.status).not.toBe('healthy')
        expect((await health()).status).toBe('degraded')
        const page = await fetch(`${urlA}/api/v1/topics/metrics?api=orders&region=zone-0`)
        expect(page.status).toBe(200)
      } finally {
        redis.thaw()
      }
      document = { state: 'thawed' }
      await eventually(() => all(atA)).toEqual(['thawed'])
      await eventually(() => all(atB)).toEqual(['thawed'])

      await redis.kill()
      await new Promise((resolve) => setTimeout(resolve, 3_000))
      await redis.restart()
      document = { state: 'restarted' }
      await eventually(() => all(atA)).toEqual(['restarted'])
      await eventually(() => all(atB)).toEqual(['restarted'])
      await countAsked(3_000)
      isOnceASecond(await countAsked(6_000))
    })
  })

  describe('Redis gone for longer than half a minute', () => {
    it('what is asked is answered, what is acknowledged is there afterwards, and memory does not grow with it', async () => {
      const [a, b] = [run({ RATE_LIMIT: 'off' }), run({ RATE_LIMIT: 'off' })]
      const [urlA, urlB] = await Promise.all([a.ready, b.ready])
      const [atA, atB] = [watch(urlA), watch(urlB)]
      await eventually(() => all(atA)).toEqual(['first'])
      await eventually(() => all(atB)).toEqual(['first'])

      const acknowledged = new Set<string>()
      const write = async (): Promise<void> => {
        const ids = Array.from({ length: 100 }, () => crypto.randomUUID())
        const lines = ids.map((id) => JSON.stringify({ id, service: 'shop', severity: 'warn', message: `order ${id} is late` }))
        const response = await fetch(`${urlA}/api/v1/logs`, { method: 'POST', body: lines.join('\n') })
        expect(await response.json()).toMatchObject({ accepted: 100 })
        for (const id of ids) acknowledged.add(id)
      }
      const residentMegabytes = async (url: string): Promise<number> => {
        const text = await (await fetch(`${url}/internal/metrics`)).text()
        return Number(/^process_resident_memory_bytes(?:\{[^}]*\})? (\S+)/m.exec(text)?.[1] ?? Number.NaN) / 1_048_576
      }
      for (let turn = 0; turn < 10; turn++) await write()
      const before = await Promise.all([urlA, urlB].map(residentMegabytes))

      redis.freeze()
      try {
        // Longer than a connection may be silent (30 s): it is given up meanwhile.
        for (const endAt = performance.now() + 35_000; performance.now() < endAt; ) {
          const askedAt = performance.now()
          await write()
          const page = await fetch(`${urlB}/api/v1/topics/metrics?api=orders&region=zone-0`)
          expect(page.status).toBe(200)
          expect(performance.now() - askedAt).toBeLessThan(5_000)
          await new Promise((resolve) => setTimeout(resolve, 200))
        }
        const health = await (await fetch(`${urlB}/health/detailed`)).json()
        expect(health).toMatchObject({ status: 'degraded', checks: { bus: { status: 'degraded', error: expect.any(String) } } })
        const after = await Promise.all([urlA, urlB].map(residentMegabytes))
        console.info(`${acknowledged.size} lines; resident ${before.map(Math.round)} → ${after.map(Math.round)} MB`)
        for (const [index, megabytes] of after.entries()) expect(megabytes - (before[index] as number)).toBeLessThan(150)
      } finally {
        redis.thaw()
      }
      document = { state: 'thawed' }
      await eventually(() => all(atA)).toEqual(['thawed'])
      await eventually(() => all(atB)).toEqual(['thawed'])
      await eventually(async () => ((await (await fetch(`${urlB}/health/detailed`)).json()) as { status: string }).status).toBe(
        'healthy',
      )
      const exported = await (await fetch(`${urlB}/api/v1/logs/export?format=ndjson`)).text()
      const found = new Set(
        exported
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => (JSON.parse(line) as { readonly id: string }).id),
      )
      expect([...acknowledged].filter((id) => !found.has(id))).toEqual([])
    })
  })

  describe('limits of requests', () => {
    it('count over all processes', async () => {
      const [urlA, urlB] = await Promise.all([run({ RATE_LIMIT: '10' }).ready, run({ RATE_LIMIT: '10' }).ready])
      const statuses: number[] = []
      for (let turn = 0; turn < 8; turn++)
        for (const url of [urlA, urlB]) statuses.push((await fetch(`${url}/api/v1/version`)).status)
      expect(statuses.filter((status) => status === 200)).toHaveLength(10)
      expect(statuses.filter((status) => status === 429)).toHaveLength(6)
    })
  })

  describe('processes with roles', () => {
    it('a change that one process computes is on clients of each of three others', async () => {
      const webs = await Promise.all(Array.from({ length: 3 }, () => run({ SIGHTLINE_ROLE: 'web' }).ready))
      const pollerUrl = await run({ SIGHTLINE_ROLE: 'poller' }).ready
      const shown = webs.map(watch)
      for (const shows of shown) await eventually(() => all(shows)).toEqual(['first'])
      for (const state of ['second', 'third']) {
        document = { state }
        for (const shows of shown) await eventually(() => all(shows)).toEqual([state])
      }
      expect(await pollsOf(pollerUrl)).toBeGreaterThan(0)
      for (const url of webs) expect(await pollsOf(url)).toBe(0)
    })

    it('a web process polls nothing and shows everything; pollers serve health alone and take over from each other', async () => {
      const [web, one, two] = [
        run({ SIGHTLINE_ROLE: 'web' }),
        run({ SIGHTLINE_ROLE: 'poller' }),
        run({ SIGHTLINE_ROLE: 'poller' }),
      ]
      const [url, pollerUrl] = await Promise.all([web.ready, one.ready, two.ready])
      const shows = watch(url)
      await eventually(() => all(shows)).toEqual(['first'])
      for (const path of ['/', '/api/v1/info', '/openapi.json', '/socket.io/?EIO=4&transport=polling'])
        expect((await fetch(`${pollerUrl}${path}`)).status).toBe(404)
      expect((await fetch(`${pollerUrl}/health`)).status).toBe(200)
      expect((await fetch(`${pollerUrl}/health/live`)).status).toBe(200)
      await eventually(() => pollsOf(pollerUrl)).toBeGreaterThan(0)

      one.child.kill('SIGKILL')
      document = { state: 'second' }
      await eventually(() => all(shows)).toEqual(['second'])
      isOnceASecond(await countAsked(6_000))

      two.child.kill('SIGKILL')
      await two.ended
      await countAsked(2_000)
      expect(await countAsked(2_000)).toEqual(names.map(() => 0))
    })
  })
}
