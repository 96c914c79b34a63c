import type { CallRequest, Subscribed, SubscribeRequest, Transport } from '@sightline/core/ports'
import type { Frame } from '@sightline/core/protocol'

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
