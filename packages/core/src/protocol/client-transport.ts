import type { Frame, Mark } from './frame.ts'

/** What `subscribe` carries. `delta` asks for patches. */
export interface SubscribeMessage {
  readonly topic: string
  readonly params?: unknown
  readonly since?: Mark
  readonly delta?: boolean
}

/** What `call` carries. */
export interface CallMessage {
  readonly operation: string
  readonly input: unknown
  readonly idempotencyKey?: string
}

/**
 * The acknowledgement of `subscribe`: the key under which the topic's frames come, and where the client stands.
 * `pending`: storage cannot answer yet, the frame follows.
 */
export type SubscribeAck = { readonly topic: string } & (
  | { readonly frame: Frame }
  | { readonly upToDate: true }
  | { readonly pending: true }
)

/** The messages a client sends, each with its payload and what its acknowledgement carries. */
export interface ClientMessages {
  subscribe: { readonly payload: SubscribeMessage; readonly answer: SubscribeAck }
  unsubscribe: { readonly payload: Pick<SubscribeMessage, 'topic' | 'params' | 'delta'>; readonly answer: undefined }
  call: { readonly payload: CallMessage; readonly answer: unknown }
}

/** What a client's transport tells its client. */
export interface ClientTransportEvents {
  /** Ready for requests; after every reconnect again. The server has forgotten all subscriptions. */
  connected(): void
  /** `willRetry` false: closed for good, or refused. */
  disconnected(reason: string, willRetry: boolean): void
  frame(frame: Frame): void
  /** The door was not opened: the error as the server put it. */
  refused(error: unknown): void
}

/** How a client reaches a server: over Socket.IO, or directly in process (tests, server rendering). */
export interface ClientTransport {
  /** Called once. Connects, and goes on trying until `close`. */
  open(on: ClientTransportEvents): void
  /** Rejects with a `SightlineError` or its public form; with `ABORTED` where `signal` aborts first; with `UNAVAILABLE` while not connected. */
  request<M extends keyof ClientMessages>(
    message: M,
    payload: ClientMessages[M]['payload'],
    options?: { readonly signal?: AbortSignal; readonly timeoutMs?: number },
  ): Promise<ClientMessages[M]['answer']>
  /** Idempotent. */
  close(): void
}
