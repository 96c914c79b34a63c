import type { Principal } from '../ports/access.ts'
import type { Commit, Stored } from '../ports/collections.ts'
import type { Outcome, Version } from '../ports/identity.ts'
import type { Logger } from '../ports/logger.ts'
import type { TopicChange } from '../topics/topic-change.ts'

/** What an operation's handler is given beside its input. */
export interface OperationContext {
  /** null is anonymous. */
  readonly principal: Principal | null
  /** From the session, never from the input. */
  readonly team: string
  /** Aborts when the caller gave up. */
  readonly signal: AbortSignal
  /** ms since the Unix epoch. */
  readonly now: number
  readonly logger: Logger
  /** Writes one record and its audit event, both or neither. A repeat with one idempotency key answers as the first did. */
  commit(change: RecordChange): Promise<Outcome<Stored<unknown>>>
  /** Tells a topic's subscribers in every process. */
  publish(topic: string, change: { readonly params?: unknown } & TopicChange): void
}

/** One record to insert (`expected` null), replace or delete (`value` undefined), of the context's team. */
export interface RecordChange {
  readonly store: string
  readonly id: string
  readonly expected: Version | null
  readonly value: unknown
  /** Inserts that follow it in the same commit: both, or neither. */
  readonly then?: Commit['then']
  /** What the audit event keeps of it. Default: the value. */
  readonly audited?: unknown
}
