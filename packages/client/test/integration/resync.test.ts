import { type InferContract, memoryNetwork, memoryStore } from '@sightline/core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Client, createClient, createSharedSockets } from '../../src/index.ts'
import { burst, type LiveServer, liveServer } from '../support/live-server.ts'
import { type TcpProxy, tcpProxy } from '../support/tcp-proxy.ts'

type App = InferContract<LiveServer['sightline']>
const orders = { api: 'orders', region: 'us-east' } as const
const untilMs = 2_000

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** A repeatable sequence of numbers in [0, 1). */
const seeded = (seed: number) => () => {
  seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32
  return seed / 2 ** 32
}

let cleanUp: (() => unknown)[] = []
let proxy: TcpProxy
let client: Client<App>
let provider: ReturnType<typeof burst>
/** What the watched document was, in the order it was shown, and what was wrong with it. */
let shown: { epoch: string; revision: number }[]
let wrong: string[]

beforeEach(async () => {
  provider = burst()
  proxy = await tcpProxy(null)
  client = createClient<App>({ url: `http://127.0.0.1:${proxy.port}`, sockets: createSharedSockets() })
  shown = []
  wrong = []
  cleanUp = [() => client.close(), () => proxy.close()]
  let before: unknown
  client.topic('metrics', orders).subscribe(({ data, isProvisional }) => {
    if (!data || isProvisional || data === before) return
    before = data
    const last = shown.findLast(({ epoch }) => epoch === data.epoch)
    if (last && data.revision < last.revision) wrong.push(`${data.revision} after ${last.revision}`)
    shown.push({ epoch: data.epoch, revision: data.revision })
  })
  client.topic('regions').subscribe(() => {})
})
afterEach(async () => {
  for (const step of cleanUp) await step()
})

const serveFrom = async (options: Partial<Parameters<typeof liveServer>[0]> = {}): Promise<LiveServer> => {
  const server = await liveServer({ provider, ...options })
  cleanUp.push(() => server.stop())
  proxy.target = server.port
  return server
}

const isEqual = async (server: LiveServer): Promise<boolean> => {
  const [state, list] = [await server.read('metrics', orders), await server.read('regions')]
  const [own, ownList] = [client.topic('metrics', orders).view(), client.topic('regions').view()]
  return (
    state?.kind === 'state' &&
    list?.kind === 'keyed' &&
    !own.isStale &&
    own.mark?.digest === state.digest &&
    !ownList.isStale &&
    ownList.mark?.digest === list.digest
  )
}

/** Cuts until the client has noticed: a request on its way to the proxy escapes the first cut, and polling goes on with it. */
const lose = async () => {
  while (client.connection.get().status === 'connected') {
    proxy.cut()
    await pause(5)
  }
}

/** How long it took, in ms. */
const agrees = async (server: LiveServer): Promise<number> => {
  const since = performance.now()
  while (!(await isEqual(server))) {
    if (performance.now() - since > 4 * untilMs) {
      throw new Error(
        `no agreement: ${JSON.stringify([await server.read('metrics', orders), client.topic('metrics', orders).view(), client.connection.get()])}`,
      )
    }
    await pause(5)
  }
  return performance.now() - since
}

describe('after whatever happened, the client’s digests equal the server’s within 2 s, and nothing older was shown', () => {
  test('connections cut at random points of a burst', async () => {
    const server = await serveFrom()
    await agrees(server)
    const random = seeded(4)
    let cuts = 0
    for (let i = 0; i < 12; i++) {
      if (i % 2 === 0) proxy.cutAfter(Math.floor(random() * 3_000))
      else {
        await pause(random() * 300)
        cuts += proxy.cut()
      }
      await pause(random() * 400)
    }
    await lose()
    provider.freeze()
    expect(await agrees(server)).toBeLessThan(untilMs)
    expect(wrong).toEqual([])
    expect(cuts).toBeGreaterThan(0)
    expect(shown.at(-1)?.revision).toBeGreaterThan(5)
  })

  test('the server restarted on the same port', async () => {
    const store = memoryStore()
    const first = await serveFrom({ store })
    await agrees(first)
    await first.stop()
    const second = await serveFrom({ store, port: first.port })
    expect(await agrees(second)).toBeLessThan(untilMs)
    await pause(500)
    expect(new Set(shown.map(({ epoch }) => epoch)).size).toBe(1)
    expect(wrong).toEqual([])
  })

  test('switched between servers of one installation, in a burst', async () => {
    const [store, network] = [memoryStore(), memoryNetwork()]
    const poller = await serveFrom({ store, network })
    const other = await serveFrom({ store, network, poll: false })
    for (let i = 0; i < 6; i++) {
      proxy.target = i % 2 === 0 ? poller.port : other.port
      proxy.cut()
      await pause(150 + 50 * i)
    }
    const state = () => client.topic('metrics', orders).view()
    provider.freeze()
    const since = performance.now()
    for (;;) {
      const frame = await other.read('metrics', orders)
      if (frame?.kind === 'state' && !state().isStale && state().mark?.digest === frame.digest) break
      if (performance.now() - since > 4 * untilMs) throw new Error(`no agreement: ${JSON.stringify([frame, state()])}`)
      await pause(5)
    }
    expect(performance.now() - since).toBeLessThan(untilMs)
    expect(new Set(shown.map(({ epoch }) => epoch)).size).toBe(1)
    expect(wrong).toEqual([])
  })

  test('the store wiped: a new epoch is accepted at once', async () => {
    const first = await serveFrom()
    await agrees(first)
    const { revision } = client.topic('metrics', orders).get() ?? { revision: 0 }
    expect(revision).toBeGreaterThan(0)
    await first.stop()
    const second = await serveFrom({ port: first.port })
    expect(await agrees(second)).toBeLessThan(untilMs)
    expect(new Set(shown.map(({ epoch }) => epoch)).size).toBe(2)
    expect(wrong).toEqual([])
  })

  test('an older store put in place, its epoch the same: the server is asked again, and believed', async () => {
    const randomId = () => 'the-same'
    const first = await serveFrom({ randomId })
    await agrees(first)
    await pause(1_000)
    provider.freeze()
    await agrees(first)
    const { revision } = client.topic('metrics', orders).get() ?? { revision: 0 }
    await first.stop()
    const second = await serveFrom({ port: first.port, randomId })
    expect(await agrees(second)).toBeLessThan(2 * untilMs)
    expect(client.topic('metrics', orders).get()?.revision).toBeLessThan(revision)
  })
})
