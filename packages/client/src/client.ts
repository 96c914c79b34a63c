import type { Clock } from '@sightline/core/ports'
import { type ClientTransport, type Contract, SightlineError } from '@sightline/core/protocol'
import { type CallOptions, call } from './calls.ts'
import type { DataOf, InputOf, OperationName, OutputOf, ParamsOf, PlainTopicName, TopicName } from './client-types.ts'
import { platformClock } from './clock.ts'
import type { ConnectionState } from './connection/connection.ts'
import { type SharedSockets, sharedSockets } from './connection/shared-sockets.ts'
import { type Auth, socketTransport } from './connection/socket-transport.ts'
import { createSession } from './session.ts'
import { createTopicHandle, type TopicHandle } from './topic-handle.ts'
import type { Dehydrated, ResyncEvent } from './topics/topic-store.ts'

/**
 * Where the server is, who asks, and for how long what is kept. Everything has a default: `createClient()` talks to the page's own server.
 *
 * @example
 * const options: ClientOptions = { url: 'https://status.example.com/sightline', auth: async () => ({ token: await freshToken() }), keepMs: 30_000 }
 */
export interface ClientOptions {
  /** Where the server is: `'/sightline'` (embedded in this page's server), a full URL, or `''` (stand-alone, this page's server). Default `''`. */
  readonly url?: string
  /** Where Socket.IO listens there. Default `<the url's path>/socket.io`. */
  readonly path?: string
  /** What to show at the server's door; asked anew with every connect and reconnect. */
  readonly auth?: Auth
  /** Another way to the server than Socket.IO at `url`. It belongs to this client alone, and is closed with it. */
  readonly transport?: ClientTransport
  /** Clients with the same `url`, `path` and `auth` share a socket through these; the first one's options count. Default: the page's own. */
  readonly sockets?: SharedSockets
  /** What `dehydrate` gave where the page was rendered. */
  readonly hydrate?: Dehydrated
  /** How long a topic stays subscribed after its last listener left, in ms. Default 5,000. */
  readonly keepMs?: number
  /** How long the connection stays open after its last use, in ms. Default 30,000. */
  readonly idleMs?: number
  /** Entries that a log topic keeps: the newest. Default 1,000. */
  readonly maxLogEntries?: number
  /** Topics remembered though nobody listens to them, so that coming back shows them at once. Default 50. */
  readonly maxIdleTopics?: number
  /** Told whenever a topic did not fit what the server said of it, and was asked for again. */
  readonly onResync?: (event: ResyncEvent) => void
  /** For tests. Default the platform's. */
  readonly clock?: Clock
  /** A number in [0, 1); spreads retries. Default `Math.random`. */
  readonly random?: () => number
}

/** Shows what a call will have done, before it has. */
export interface Draft<C extends Contract> {
  /** `recipe` makes the new data of the old, without changing it. A topic that is not loaded is left alone. */
  topic<N extends TopicName<C>, const P extends ParamsOf<C, N>>(
    name: N,
    params: P,
    recipe: (data: DataOf<C, N, P>) => DataOf<C, N, P>,
  ): void
}

/**
 * A call that shows what it will have done, before it has.
 *
 * @example
 * await client.call('metrics.setInterval', { ...target, intervalMs: 1_000 }, {
 *   optimistic: (draft) => draft.topic('regions', undefined, (all) => all.map((each) => isSame(each, target) ? { ...each, intervalMs: 1_000 } : each)),
 * })
 */
export interface ClientCallOptions<C extends Contract> extends CallOptions {
  /** Shown until the call is answered; taken back at once where it fails. What it throws, the call rejects with, unsent. */
  readonly optimistic?: (draft: Draft<C>) => void
}

/** A Sightline as its clients see it. `C` is `InferContract<typeof sightline>`. */
export interface Client<C extends Contract = Contract> {
  /** A topic; nothing is asked of the server before somebody subscribes. Handles are cheap, and equal topics are one topic. */
  topic<N extends PlainTopicName<C>>(name: N): TopicHandle<DataOf<C, N, void>>
  topic<N extends TopicName<C>, const P extends ParamsOf<C, N>>(name: N, params: P): TopicHandle<DataOf<C, N, P>>
  /**
   * Calls an operation, connecting first where need be. A call that lost its connection is repeated under its idempotency key.
   *
   * @throws SightlineError with the server's code; see `CallOptions`.
   */
  call<N extends OperationName<C>, const I extends InputOf<C, N>>(
    name: N,
    input: I,
    options?: ClientCallOptions<C>,
  ): Promise<OutputOf<C, N, I>>
  readonly connection: {
    get(): ConnectionState
    /** `listener` is told with every change. Returns its undo. */
    subscribe(listener: (state: ConnectionState) => void): () => void
    /** Drops the connection and opens another, so that `auth` is asked anew: after a login or a logout. */
    reconnect(): void
  }
  /** The topics that are loaded, as plain JSON for the page that is rendered. */
  dehydrate(): Dehydrated
  /** Starts from topics that were loaded elsewhere, as far as they are not known here already. */
  hydrate(from: Dehydrated): void
  /** Ends every subscription, and the connection where no other client shares it. Idempotent. */
  close(): void
}

/**
 * A typed client. It connects with the first subscription or call, and disconnects a while after the last.
 *
 * @example
 * const client = createClient<App>({ url: '/sightline', auth: async () => ({ token }) })
 * const off = client.topic('metrics', { api: 'orders', region: 'us-east' }).subscribe(({ data, isStale }) => render(data, isStale))
 */
export const createClient = <C extends Contract = Contract>(options: ClientOptions = {}): Client<C> => {
  const { url = '', path, auth, transport, sockets = sharedSockets } = options
  const create = () =>
    createSession({
      transport: () => transport ?? socketTransport({ url, ...(path === undefined ? {} : { path }), ...(auth ? { auth } : {}) }),
      clock: options.clock ?? platformClock(),
      random: options.random ?? Math.random,
      keepMs: options.keepMs ?? 5_000,
      // A transport that was given is opened once.
      idleMs: transport ? null : (options.idleMs ?? 30_000),
      maxLogEntries: options.maxLogEntries ?? 1_000,
      maxIdleTopics: options.maxIdleTopics ?? 50,
      onResync: options.onResync ?? (() => {}),
    })
  const own = transport ? create() : null
  const { session, release } = own
    ? { session: own, release: () => own.connection.close() }
    : sockets.acquire({ url, path, auth }, create)
  const { connection, topics } = session
  const undo = new Set<() => void>()
  let closed: ConnectionState | null = null
  if (options.hydrate) topics.hydrate(options.hydrate)

  const assertOpen = () => {
    if (closed?.error) throw closed.error
  }
  /** An undo that `close` runs, if nobody did before. */
  const owned = (step: () => void): (() => void) => {
    const once = () => {
      if (undo.delete(once)) step()
    }
    undo.add(once)
    return once
  }

  return {
    topic: (name: string, params?: unknown) =>
      createTopicHandle({ topics, name, params, assertOpen, owned }) as TopicHandle<never>,
    call: async (name, input, { optimistic, ...callOptions } = {}) => {
      assertOpen()
      const overlays: (() => void)[] = []
      try {
        optimistic?.({
          topic: (topic, params, recipe) => {
            const entry = topics.find(topic, params)
            if (entry) overlays.push(entry.overlay(recipe as (data: unknown) => unknown))
          },
        })
        return (await call(session, { ...callOptions, operation: name, input })) as never
      } finally {
        for (const remove of overlays) remove()
      }
    },
    connection: {
      get: () => closed ?? connection.get(),
      subscribe: (listener) => owned(connection.subscribe(() => listener(closed ?? connection.get()))),
      reconnect: connection.reconnect,
    },
    dehydrate: topics.dehydrate,
    hydrate: topics.hydrate,
    close: () => {
      if (closed) return
      closed = { status: 'closed', error: new SightlineError('ABORTED', 'This client is closed.') }
      for (const step of [...undo]) step()
      release()
    },
  }
}
