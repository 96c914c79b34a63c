import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createClient } from '@sightline/client'
import { io } from 'socket.io-client'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Cluster, startCluster } from '../cluster.ts'
import { findPrograms } from '../programs.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 600_000 })

const programs = await findPrograms((text) => console.info(text)).catch((error: Error) => error)

if (programs instanceof Error) {
  test('a cluster behind nginx', (context) => context.skip(programs.message))
} else {
  const regions = Array.from({ length: 8 }, (_, index) => `zone-${index}`)
  const asked: { readonly region: string; readonly at: number }[] = []
  let document: Record<string, unknown> = { n: 0 }
  let provider: Server
  let folder: string
  let cluster: Cluster

  beforeAll(async () => {
    provider = createServer((request, response) => {
      asked.push({ region: (request.url ?? '').slice(1), at: performance.now() })
      response.end(JSON.stringify(document))
    })
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
    const { port } = provider.address() as AddressInfo
    folder = await mkdtemp(path.join(tmpdir(), 'sightline-cluster-'))
    const targets = regions.map((region) => [region, { url: `http://127.0.0.1:${port}/${region}` }])
    cluster = await startCluster({
      folder,
      port: 21_000 + Math.floor(Math.random() * 300) * 40,
      config: { apis: { orders: { intervalMs: 1_000, retries: 0, regions: Object.fromEntries(targets) } } },
      tell: (text) => console.info(text),
    })
  })
  afterAll(async () => {
    await cluster?.stop()
    provider?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

  const until = async (what: string, check: () => boolean | Promise<boolean>, ms = 60_000): Promise<void> => {
    const giveUpAt = performance.now() + ms
    while (!(await check())) {
      if (performance.now() > giveUpAt) throw new Error(`${what}: not within ${ms} ms`)
      await pause(50)
    }
  }

  /** Follows a region with the client library, through nginx, as a browser would: long polling first. */
  const follow = (region: string) => {
    const client = createClient({ url: cluster.url })
    const topic = client.topic('metrics', { api: 'orders', region } as never)
    const seen: number[] = []
    const note = (): void => {
      const shown = topic.get() as { readonly data: { readonly n: number } } | undefined
      if (shown !== undefined && seen.at(-1) !== shown.data.n) seen.push(shown.data.n)
    }
    const leave = topic.subscribe(note)
    note()
    return {
      seen,
      close: () => {
        leave()
        client.close()
      },
    }
  }

  const kill = async (name: string): Promise<void> => {
    const pid = cluster.pid(name)
    process.kill(pid as number, 'SIGKILL')
    await until(`${name} is started again`, () => cluster.pid(name) !== pid)
  }

  test('the default transports work through nginx with three processes, and reach all of them', async () => {
    const nodes = new Set<string>()
    for (let turn = 0; turn < 9; turn++) {
      const socket = io(cluster.url, { forceNew: true, reconnection: false })
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve)
        socket.once('connect_error', reject)
      })
      nodes.add(String(socket.io.engine.id).split('-')[0] as string)
      await until('the upgrade to WebSocket', () => socket.io.engine.transport.name === 'websocket')
      const status = await new Promise<{ readonly ok: boolean }>((resolve) =>
        socket.emit('call', { operation: 'metrics.listApis', input: {} }, resolve),
      )
      expect(status.ok).toBe(true)
      socket.close()
    }
    expect(nodes).toEqual(new Set(['web1', 'web2', 'web3']))
  })

  test('long polling alone stays on its process', async () => {
    const socket = io(cluster.url, { forceNew: true, transports: ['polling'], reconnection: false })
    await new Promise<void>((resolve) => socket.once('connect', resolve))
    for (let turn = 0; turn < 20; turn++) {
      const answer = await new Promise<{ readonly ok: boolean }>((resolve) =>
        socket.emit('call', { operation: 'metrics.listApis', input: {} }, resolve),
      )
      expect(answer.ok).toBe(true)
    }
    expect(socket.connected).toBe(true)
    socket.close()
  })

  test('each target is asked once per interval, by whichever poller', async () => {
    await until('the first polls', () => new Set(asked.map(({ region }) => region)).size === regions.length)
    await pause(2_000)
    asked.length = 0
    await pause(10_000)
    for (const region of regions) {
      const times = asked.filter((each) => each.region === region).map(({ at }) => at)
      expect(times.length).toBeGreaterThanOrEqual(7)
      expect(times.length).toBeLessThanOrEqual(12)
      for (const [index, at] of times.entries()) if (index > 0) expect(at - (times[index - 1] as number)).toBeGreaterThan(300)
    }
  })

  test('any process may be killed: every change arrives on every screen, and the history has each once', async () => {
    const screens = regions.map(follow)
    await until('every screen shows something', () => screens.every(({ seen }) => seen.length > 0))
    let n = 0
    const change = async (): Promise<void> => {
      document = { n: ++n }
      await until(`change ${n} on every screen`, () => screens.every(({ seen }) => seen.at(-1) === n))
    }
    await change()
    for (const name of ['web1', 'poller1', 'redis', 'web2', 'poller2', 'nginx', 'web3', 'postgres']) {
      await kill(name)
      await change()
    }
    for (const { seen, close } of screens) {
      // Nobody is taken back.
      expect(seen).toEqual(seen.toSorted((a, b) => a - b))
      close()
    }
    // PostgreSQL was the last to be killed: what was shown meanwhile is stored once it is back.
    const storedOf = async (region: string): Promise<readonly number[]> => {
      const response = await fetch(`${cluster.url}/api/v1/apis/orders/regions/${region}/history?limit=100`)
      const { items = [] } = (await response.json()) as { readonly items?: readonly { readonly data: { readonly n: number } }[] }
      return items.map(({ data }) => data.n)
    }
    for (const region of regions) {
      // One answer: another process's connection to the database may not be back yet.
      let stored: readonly number[] = []
      await until(`the last change of ${region} is stored`, async () => {
        stored = await storedOf(region)
        return stored[0] === n
      })
      expect(stored).toEqual([...new Set(stored)])
      for (let each = 1; each <= n; each++) expect(stored).toContain(each)
    }
  })

  test('a plain client of version 1 that is cut reconnects, and is given its region again when it asks', async () => {
    const socket = io(cluster.url, { forceNew: true })
    await new Promise<void>((resolve) => socket.once('connect', resolve))
    const updates: number[] = []
    socket.on('metrics-update', (update: { readonly data: { readonly n: number } }) => updates.push(update.data.n))
    socket.on('connect', () => socket.emit('metrics:subscribe', { api: 'orders', source: 'zone-1' }))
    socket.emit('metrics:subscribe', { api: 'orders', source: 'zone-1' })
    const node = String(socket.io.engine.id).split('-')[0] as string
    document = { n: 1_000 }
    await until('the update', () => updates.includes(1_000))
    await kill(node)
    await until('the reconnect', () => socket.connected && String(socket.io.engine.id) !== '')
    document = { n: 1_001 }
    await until('the update after the cut', () => updates.includes(1_001))
    socket.close()
  })
}
