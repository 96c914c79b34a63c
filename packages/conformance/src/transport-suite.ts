import type { CallRequest, Subscribed, SubscribeRequest, Transport } from '@sightline/core/ports'
import type { Frame } from '@sightline/core/protocol'
import { type Exception, registerSuite, type TestRunner } from './runner.ts'
import { transportContext } from './transport/context.ts'
import { transportGroups } from './transport/groups.ts'

/** A real client of the transport under test, as its users would write one, over a real connection. */
export interface TransportClient {
  /** Every frame received, oldest first; grows while the client reads. */
  readonly frames: readonly Frame[]
  /** As this transport's clients say it; rejects with a `SightlineError` (or its public form as an error) of the gateway's code. */
  subscribe(request: SubscribeRequest): Promise<Subscribed>
  /** Resolves when the gateway has surely seen it. */
  unsubscribe(request: Pick<SubscribeRequest, 'topic' | 'params' | 'variant'>): Promise<void>
  call(request: Omit<CallRequest, 'signal'>): Promise<unknown>
  /** Stops reading from the connection, so that what is sent to it piles up; `resume` reads on. */
  pause(): void
  resume(): void
  /** Resolves with a reason once the connection has ended, whoever ended it. */
  readonly closed: Promise<string>
  close(): Promise<void>
}

/** One transport on a server of its own. */
export interface TransportSubject {
  /** Not yet opened. */
  readonly transport: Transport
  /** Connects a client, reading; rejects where the gateway refused it (with its code) or nobody lets it in within a second or so. */
  connect(credentials?: {
    readonly auth?: unknown
    readonly headers?: Readonly<Record<string, string>>
  }): Promise<TransportClient>
  /** Closes clients, transport and server. */
  dispose(): Promise<void>
}

export interface TransportConformanceOptions {
  readonly name: string
  readonly runner: TestRunner
  /** A fresh subject. Two that are open at once are two processes of one installation: one's broadcasts never reach the other's clients. */
  open(): Promise<TransportSubject>
  /** @default none */
  readonly exceptions?: readonly Exception[]
}

/**
 * Registers the suite that every `Transport` must pass. It plugs a gateway of its own into the transport and drives it with real clients.
 *
 * @example
 * transportConformance({ name: 'mine', runner: { describe, test }, open: async () => {
 *   const server = await listen()
 *   return { transport: myTransport({ server }), connect: (shown) => connectMyClient(server.url, shown), dispose: () => server.close() }
 * } })
 */
export const transportConformance = ({ name, runner, open, exceptions = [] }: TransportConformanceOptions): void =>
  registerSuite({
    name: `transport: ${name}`,
    runner,
    groups: transportGroups,
    exceptions,
    open: async () => transportContext(open),
  })
