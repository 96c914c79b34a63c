import type { Counters } from './domain/counters.ts'
import type { Health } from './domain/health.ts'
import type { Info } from './domain/info.ts'
import type { Status } from './domain/status.ts'
import type { EventMap, EventName } from './events.ts'
import type { Operation } from './operations/define-operation.ts'
import type { Credentials, Principal } from './ports/access.ts'
import type { Logger } from './ports/logger.ts'
import type { CallRequest, Transport } from './ports/transport.ts'
import type { Contract } from './protocol/contract.ts'
import type { Frame } from './protocol/frame.ts'
import type { LogInput } from './protocol/logs.ts'
import type { ServiceReporter } from './services/service-reporter.ts'
import type { RegisteredTopic } from './topics/define-topic.ts'

/** Who a call in process is made as: a principal, nobody in particular (null), or the host itself, which may do everything. */
export interface Caller {
  readonly as: Principal | 'system' | null
  /** Default: the principal's first team, else `default`. */
  readonly team?: string
}

/** A running (or not yet started) Sightline. */
export interface Sightline<C extends Contract = Contract> {
  /** For inference alone: `InferContract<typeof sightline>`. Never there at run time. */
  readonly '~contract': C
  /**
   * Connects, loads and begins to poll. Resolves degraded when storage is down, since the host must boot; `ready()` waits.
   * `poll: false` in processes that only serve.
   */
  start(options?: { readonly poll?: boolean }): Promise<void>
  /** Resolves when storage answered and the first load is done; rejects with `TIMEOUT` or `ABORTED`. */
  ready(options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal }): Promise<void>
  /** Stops polling, stores what is buffered as far as `timeoutMs` (default 10,000) allows, closes what was opened here. Idempotent. */
  stop(options?: { readonly timeoutMs?: number }): Promise<void>
  /** Returns its undo. */
  on<E extends EventName>(event: E, listener: EventMap[E]): () => void
  /**
   * A service of this very process reports itself: what it observes, and its requests. Makes the service where there is none.
   *
   * @throws SightlineError `INVALID_INPUT` for a name that no service can have.
   * @example sightline.service('checkout').observe({ values: { queueDepth: 140 } })
   */
  service(name: string): ServiceReporter
  /** A log line of this very process. Never waits and never throws: what is no line, or has no room, is counted. */
  log(line: LogInput): void
  /**
   * Plugs a transport in; its clients are served from now on (before `start` they get `pending`). With `as`, every session of this
   * transport is that principal, and the access port is not asked who it is. Returns its undo, which closes the transport.
   */
  attach(
    transport: Transport,
    options?: { readonly as?: Principal | null },
  ): Promise<(options?: { readonly drainMs?: number }) => Promise<void>>
  /** As the access port answers; for transports without sessions (REST). */
  authenticate(credentials: Credentials): Promise<Principal | null>
  /** One operation, in process or for REST. Validated and authorised like any other. */
  call(request: CallRequest & Caller & { readonly correlationId?: string }): Promise<unknown>
  /** The whole of a topic, authorised, for HTTP's first frames: the frame a new subscriber would be answered. */
  read(request: { readonly topic: string; readonly params?: unknown } & Caller): Promise<Frame | null>
  readonly operations: ReadonlyMap<string, Operation>
  readonly topics: ReadonlyMap<string, RegisteredTopic>
  /** Does the access port grant this? For routes of a transport that are not operations (the metrics page). */
  allows(request: { readonly permission: string } & Caller): Promise<boolean>
  health(): Promise<Health>
  status(): Status
  info(): Info
  counters(): Counters
  readonly logger: Logger
  readonly sessions: {
    readonly count: number
    /** Cuts the sessions of a user (or all) at once. Returns how many. */
    revoke(which?: { readonly userId?: string }): number
  }
}

/** The contract of a Sightline, for `createClient<App>()` and `createHooks<App>()`. */
export type InferContract<S> = S extends Sightline<infer C> ? C : never
