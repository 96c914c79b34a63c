import type { Frame, Mark } from '../protocol/frame.ts'
import type { Credentials } from './access.ts'

/** Carries frames to this process's clients. Rooms are opaque strings that the gateway chooses. */
export interface Transport {
  /** As shown in `/info`. */
  readonly name: string
  /** Clients are let in only after this. */
  open(gateway: Gateway): Promise<void>
  /** A session that is gone is ignored, here and below. */
  join(sessionId: string, room: string): void
  leave(sessionId: string, room: string): void
  /** To this process's sessions in the room, in the order of the calls; encoded once. Never waits, never throws. */
  broadcast(room: string, frame: Frame): void
  /** To one session, in the form of the subscription's variant. */
  send(sessionId: string, frame: Frame, variant: Variant): void
  disconnect(sessionId: string, reason: string): void
  /** Idempotent. Tells clients, waits at most `drainMs` for their buffers, then cuts. */
  close(options: { readonly drainMs: number }): Promise<void>
}

/** How a subscription is to be served: `patch` lets frames carry patches, `v1` serves version 1 of the wire. */
export type Variant = 'whole' | 'patch' | 'v1'

/** What a client asks to be told about. `params` are validated by the topic's definition. */
export interface SubscribeRequest {
  readonly topic: string
  readonly params?: unknown
  readonly since?: Mark
  readonly variant?: Variant
}

/**
 * The answer: the topic's key, under which its frames come, and where the client stands: a frame to apply, nothing new
 * since its mark, or `pending` while storage cannot answer (the frame follows).
 */
export type Subscribed = { readonly topic: string } & (
  | { readonly frame: Frame }
  | { readonly upToDate: true }
  | { readonly pending: true }
)

/** One call of an operation. `idempotencyKey` makes a repeated command answer as the first did. */
export interface CallRequest {
  readonly operation: string
  readonly input: unknown
  readonly idempotencyKey?: string
  readonly signal?: AbortSignal
}

/** What a transport plugs into. Rejections are `SightlineError`s, safe to show. */
export interface Gateway {
  connect(credentials: Credentials): Promise<Connected>
  /** Leaves every room; idempotent. */
  disconnect(sessionId: string): void
  /** Its buffer is full: out of its rooms, until … */
  lagging(sessionId: string): void
  /** … it is empty: back, and each topic's latest state is sent. */
  drained(sessionId: string): void
  /** Joins first, then loads: frames that are broadcast meanwhile may arrive before the answer, and are applied by version. */
  subscribe(sessionId: string, request: SubscribeRequest): Promise<Subscribed>
  unsubscribe(sessionId: string, request: Pick<SubscribeRequest, 'topic' | 'params' | 'variant'>): void
  call(sessionId: string, request: CallRequest): Promise<unknown>
  /**
   * A client came back under a new session: subscribes it to what version 1 was subscribed to under the `earlier` one, as far as it still may,
   * and sends it the present state of that. False where the earlier one is not known (any more), or not all of it could be had.
   */
  regain?(sessionId: string, earlier: string): Promise<boolean>
}

/** The answer to `connect`. `serverTime` is ms since the Unix epoch, `protocol` the version of topics and calls. */
export interface Connected {
  readonly sessionId: string
  readonly serverTime: number
  readonly protocol: number
}
