// biome-ignore-all lint/correctness/noComponentHookFactories: each test has providers of its own
import { type ClientOptions, createClient } from '@sightline/client'
import {
  allowAll,
  defineMutation,
  definePlugin,
  defineQuery,
  defineTopic,
  directTransport,
  type InferContract,
  SightlineError,
} from '@sightline/core'
import type { ClientTransport, Schema } from '@sightline/core/protocol'
import { createTestSightline } from '@sightline/core/testing'
import type { PropsWithChildren } from 'react'
import { createHooks } from '../../src/index.ts'

const schema = <T,>(): Schema<T, T> => ({
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as T }) },
})

export interface Note {
  readonly id: string
  readonly text: string
}

export interface Order {
  readonly open: number
  readonly hosts: readonly { readonly name: string }[]
}

/** A Sightline in this process: one api, notes that can be added, an operation that fails. */
export const openShop = async () => {
  const notes: Note[] = []
  const gate = { wait: Promise.resolve() }
  const plugin = definePlugin({
    name: 'notes',
    operations: {
      'notes.add': defineMutation({
        permission: 'notes:write',
        input: schema<{ text: string }>(),
        output: schema<Note>(),
        handle: async ({ text }, { publish }) => {
          await gate.wait
          if (text === '') throw new SightlineError('INVALID_INPUT', 'text is missing.')
          const note = { id: `n${notes.length + 1}`, text }
          notes.push(note)
          publish('notes', { kind: 'log', entries: [note] })
          return note
        },
      }),
      'notes.count': defineQuery({
        permission: 'notes:view',
        input: schema<{ atLeast?: number }>(),
        output: schema<number>(),
        handle: () => notes.length,
      }),
    },
    topics: {
      notes: defineTopic({
        kind: 'log',
        permission: 'notes:view',
        data: schema<readonly Note[]>(),
        load: async (_, { since }) => ({
          entries: since === undefined ? notes : notes.slice(notes.findIndex(({ id }) => id === since) + 1),
          cursor: notes.at(-1)?.id ?? '',
        }),
      }),
    },
  })
  const shop = await createTestSightline({
    access: allowAll(),
    apis: {
      orders: {
        intervalMs: 1_000,
        schema: schema<Order>(),
        regions: { 'us-east': { url: 'http://x' }, 'eu-west': { url: 'http://y' } },
      },
    },
    plugins: [plugin],
  })
  const hosts = [{ name: 'a' }, { name: 'b' }]
  /** Has every region report this number, and sees it through. */
  const report = async (open: number) => {
    for (const region of ['us-east', 'eu-west'] as const) shop.probe('orders', region).returns({ open, hosts })
    await shop.clock.advance(2_000)
  }
  await report(1)
  return { ...shop, report, gate, notes, close: () => shop[Symbol.asyncDispose]() }
}

export type Shop = Awaited<ReturnType<typeof openShop>>
export type App = InferContract<Shop['sightline']>

export const hooks = createHooks<App>()

/** Counts what goes through, and can be held up. */
const watched = (transport: ClientTransport) => {
  const requests: string[] = []
  let lag: Promise<unknown> = Promise.resolve()
  let lose: (() => void) | null = null
  return {
    requests,
    count: (message: string) => requests.filter((each) => each === message).length,
    /** Answers wait for this. */
    holdUp: (until: Promise<unknown>) => {
      lag = until
    },
    /** Tells the client that the connection is lost, to be restored. */
    lose: () => lose?.(),
    transport: {
      ...transport,
      open: (on) => {
        lose = () => on.disconnected('test', true)
        transport.open(on)
      },
      request: async (message, payload, options) => {
        requests.push(message)
        const answer = await transport.request(message, payload, options)
        await lag
        return answer
      },
    } satisfies ClientTransport as ClientTransport,
  }
}

export const openClient = (shop: Shop, options: ClientOptions = {}) => {
  const line = watched(directTransport(shop.sightline, { as: null }))
  const client = createClient<App>({ transport: line.transport, ...options })
  const Providers = ({ children }: PropsWithChildren) => (
    <hooks.SightlineProvider client={client}>{children}</hooks.SightlineProvider>
  )
  return { client, line, Providers }
}

export const ref = { api: 'orders', region: 'us-east' } as const
