import {
  allowAll,
  createSightline,
  defineMutation,
  definePlugin,
  defineTopic,
  type InferContract,
  type Sightline,
} from '@sightline/core'
import { type Schema, SightlineError } from '@sightline/core/protocol'
import { scriptedProbe } from '@sightline/core/testing'
import { serve } from '@sightline/server-socketio'
import { afterEach, expect, test } from 'vitest'
import { createClient, createSharedSockets } from '../../src/index.ts'
import { tcpProxy } from '../support/tcp-proxy.ts'

const schema = <T>(): Schema<T, T> => ({
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as T }) },
})
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

let cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const step of cleanUp) await step()
  cleanUp = []
})

/** Orders can be placed; each takes a while, and is an entry of a log. */
const openShop = async () => {
  const placed: { readonly id: string; readonly item: string }[] = []
  const sightline = createSightline({
    access: allowAll(),
    apis: { shop: { regions: { here: { probe: scriptedProbe() } } } },
    plugins: [
      definePlugin({
        name: 'orders',
        operations: {
          'orders.place': defineMutation({
            permission: 'orders:place',
            input: schema<{ item: string }>(),
            output: schema<number>(),
            handle: async ({ item }, { publish }) => {
              const entry = { id: String(placed.length + 1), item }
              placed.push(entry)
              publish('orders', { kind: 'log', entries: [entry] })
              await pause(60)
              return placed.length
            },
          }),
        },
        topics: {
          orders: defineTopic({
            kind: 'log',
            permission: 'orders:view',
            data: schema<readonly { readonly id: string; readonly item: string }[]>(),
            load: async (_, { since }) => ({ entries: placed.slice(Number(since ?? 0)), cursor: String(placed.length) }),
          }),
        },
      }),
    ],
  })
  const web = serve(sightline as unknown as Sightline, { rateLimit: false })
  const { port } = await web.listen({ port: 0 })
  await sightline.start()
  const proxy = await tcpProxy(port)
  const client = createClient<InferContract<typeof sightline>>({
    url: `http://127.0.0.1:${proxy.port}`,
    sockets: createSharedSockets(),
  })
  cleanUp = [
    () => client.close(),
    () => proxy.close(),
    () => web.close({ drainMs: 50 }),
    () => sightline.stop({ timeoutMs: 500 }),
  ]
  return { client, proxy, placed }
}

test('commands whose connection is cut before the answer are done once, and answered', async () => {
  const { client, proxy, placed } = await openShop()
  const orders = client.topic('orders')
  orders.subscribe(() => {})
  await orders.ready()
  const answers: Promise<number>[] = []
  for (let i = 0; i < 20; i++) {
    answers.push(client.call('orders.place', { item: `item ${i}` }))
    await pause(20)
    if (i % 5 === 2) proxy.cut()
  }
  await Promise.all(answers)
  expect(placed.map(({ item }) => item).sort()).toEqual(Array.from({ length: 20 }, (_, i) => `item ${i}`).sort())
  const since = performance.now()
  while (orders.get()?.length !== 20 && performance.now() - since < 5_000) await pause(10)
  expect(orders.get()?.map(({ id }) => id)).toEqual(placed.map(({ id }) => id))
})

test('a call that fails says where it was called, and of what', async () => {
  const { client } = await openShop()
  const placeAnOrder = async () => {
    await client.call('orders.plaice' as 'orders.place', { item: 'a book' })
  }
  const error = await placeAnOrder().then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(SightlineError)
  expect(error).toMatchObject({ code: 'UNKNOWN_OPERATION', cause: { code: 'UNKNOWN_OPERATION' } })
  const stack = (error as SightlineError).stack ?? ''
  expect(stack).toContain((error as SightlineError).message)
  expect(stack).toContain("at call 'orders.plaice'")
  expect(stack).toMatch(/at (async )?placeAnOrder .*calls\.test\.ts/)
})
