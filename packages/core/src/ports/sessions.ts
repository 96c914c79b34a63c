import type { Page, PageRequest } from './identity.ts'
import type { Variant } from './transport.ts'

/** What a session is subscribed to. */
export interface SharedSubscription {
  readonly topic: string
  readonly params: unknown
  readonly variant: Variant
}

/** A client's session at one of the processes. */
export interface SharedSession {
  readonly id: string
  /** The process it is at. */
  readonly process: string
  readonly team: string
  readonly userId: string | null
  /** ms since the Unix epoch. */
  readonly openedAt: number
  readonly subscriptions: readonly SharedSubscription[]
}

/** The sessions of all processes of an installation. Each process writes its own; whoever lives forgets those of the dead. */
export interface SessionStore {
  /** As shown in `/info`. */
  readonly name: string
  /** Adds or replaces a session of this process. */
  save(session: Omit<SharedSession, 'process'>): Promise<void>
  /** It has ended. Deleting what is not there is no error. */
  delete(id: string): Promise<void>
  /** A session that is open, or ended lately, also with its process; null for one that nobody knows (any more). */
  load(id: string): Promise<SharedSession | null>
  /** Those that are open, by process, then by id. */
  list(page: PageRequest): Promise<Page<SharedSession>>
  count(): Promise<{ readonly processes: number; readonly sessions: number }>
  /** This process and its sessions have ended. Idempotent. */
  close(): Promise<void>
}
