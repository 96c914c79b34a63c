import type { Listing, Op } from './shapes.ts'

/** A client that is connected to one of the processes of an installation. */
export interface ConnectedSession {
  readonly id: string
  /** The process it is at, by the name that process gives itself. */
  readonly process: string
  readonly userId: string | null
  /** ms since the Unix epoch. */
  readonly openedAt: number
  /** Names of the topics it is subscribed to, with their params. */
  readonly subscriptions: readonly { readonly topic: string; readonly params: unknown }[]
}

/** The group `sessions`. */
export type SessionOperations = {
  /** Who of the team is connected, at all processes where they share their sessions, else at this one. By process, then by id. */
  'sessions.list': Op<'query', { limit?: number; cursor?: string }, Listing<ConnectedSession>>
}
