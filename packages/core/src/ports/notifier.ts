import type { Severity } from '../protocol/incidents.ts'

/**
 * What is to be told, in typed blocks: a notifier renders them for its place and escapes every text for it. Texts come from outside and may
 * hold anything; they are bounded in length by who made the notification. Times are ms since the Unix epoch.
 */
export interface Notification {
  /** `steady`: what was flapping no longer is. `repeat`: it fires still. `test`: somebody asked whether the channel works. */
  readonly status: NotificationStatus
  /** One line, at most 250 characters. */
  readonly title: string
  readonly severity: Severity
  readonly team: string
  /** The channel's name. */
  readonly channel: string
  readonly at: number
  /** What holds for all of it, by name. */
  readonly facts: readonly NotificationFact[]
  /** One line for each alert, the most severe first, at most twelve. */
  readonly items: readonly NotificationItem[]
  /** How many alerts are not listed: rendered as `and 488 more`. */
  readonly more: number
  readonly links: readonly NotificationLink[]
}

/** What is told of it; `Notification.status` says what each means. */
export type NotificationStatus = 'firing' | 'resolved' | 'flapping' | 'steady' | 'repeat' | 'test'

/** Something that holds for the whole notification: `Rule`, `service-down`. */
export interface NotificationFact {
  readonly name: string
  readonly value: string
}

/** One alert in one line. */
export interface NotificationItem {
  readonly title: string
  /** What was seen. */
  readonly text: string
  readonly severity: Severity
  readonly at: number
}

/** `url` is absolute, `http:` or `https:`. */
export interface NotificationLink {
  readonly text: string
  readonly url: string
}

/** What a notifier is told beside the notification. */
export interface NotifyOptions {
  /** Aborts when nobody waits any more, after 10 s; whatever is under way should end soon after. */
  readonly signal: AbortSignal
  /** The same on every attempt at one notification: the other side can tell a repeat by it. */
  readonly idempotencyKey: string
}

/** What the other side calls what it took: a message's id, at most 200 characters of it are kept. */
export interface NotifyResult {
  readonly receipt?: string
}

/**
 * Sends notifications to one place. It may be called again while an earlier call, abandoned, has not settled.
 *
 * A rejection says what is to be done by its code. `UNAVAILABLE`, `TIMEOUT`, `TOO_MANY_REQUESTS`: the place has trouble; it is tried again, in
 * order, after `retryAfterMs` where the error carries it. `INVALID_INPUT`, `TOO_LARGE`: this notification will never be taken; it is
 * dead at once. Any other code (`UNAUTHENTICATED`, `FORBIDDEN`, `NOT_FOUND`): it was refused and is tried again a limited number of times while
 * others go on. What is no `SightlineError` reads as `UNAVAILABLE`, and its message is shown to nobody: it might name secrets.
 * A message of a `SightlineError` is stored and shown; it holds no secret.
 */
export interface Notifier {
  /** What kind of place it is: `slack`, `email`. */
  readonly name: string
  /** At least so long between two posts, in ms. Default 0. */
  readonly paceMs?: number
  send(notification: Notification, options: NotifyOptions): Promise<NotifyResult>
  /** Lets go of what it opened. */
  close?(): Promise<void>
}
