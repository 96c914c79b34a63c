import type { Emitter } from './emitter.ts'
import type { Leadership } from './leadership.ts'
import type { Operation } from './operations/define-operation.ts'
import type { Clock } from './ports/clock.ts'
import type { Logger } from './ports/logger.ts'
import type { RemoteEvents } from './remote-events.ts'
import type { StorageLink } from './storage/storage-link.ts'
import type { RegisteredTopic } from './topics/define-topic.ts'
import type { TopicPublisher } from './topics/topic-publisher.ts'

/** A group of what the engine does beside polling targets: services, rules, incidents, alerts, logs, samples. */
export interface EnginePart {
  readonly operations: Readonly<Record<string, Operation>>
  readonly topics: Readonly<Record<string, RegisteredTopic>>
  /** Resolves also where storage is away; what was not loaded is loaded by `storageUp`. */
  start(): void | Promise<void>
  /** Storage answers, for the first time or again. Never waits. */
  storageUp?(): void
  /** Hands over what must not be lost, within the time. Idempotent; leaves no timer. */
  stop(options: { readonly timeoutMs: number }): void | Promise<void>
}

/** What the engine gives its parts. */
export interface EngineContext {
  readonly clock: Clock
  /** A number in [0, 1). */
  readonly random: () => number
  readonly randomId: () => string
  readonly logger: Logger
  /** This process's own name. */
  readonly origin: string
  readonly link: Pick<StorageLink, 'run' | 'state'>
  readonly leadership: Leadership
  readonly remote: Pick<RemoteEvents, 'isAlone' | 'carry' | 'hear'>
  readonly emitter: Pick<Emitter, 'emit' | 'has'>
  /** Tells a topic's subscribers of a team in every process. */
  readonly publish: TopicPublisher
}
