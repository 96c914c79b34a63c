import type { Severity } from './incidents.ts'
import type { Listing, Op, Topic } from './shapes.ts'

/**
 * One thing to tell one channel: that an incident began (`firing`) or ended (`resolved`), that it comes and goes (`flapping`) or no longer does
 * (`steady`). Stored in the same commit as the incident's change; it leaves in a delivery, alone or with others of its group. Times are ms
 * since the Unix epoch.
 */
export interface Alert {
  readonly id: string
  readonly incident: string
  readonly kind: 'firing' | 'resolved' | 'flapping' | 'steady'
  readonly channel: string
  /** Alerts of one group leave together. */
  readonly group: string
  readonly severity: Severity
  /** null where the incident was opened by hand. */
  readonly rule: string | null
  readonly tags: readonly string[]
  readonly service: string | null
  readonly region: string | null
  readonly title: string
  readonly reason: string
  readonly at: number
  /** `held`: by a silence, a maintenance window, quiet hours or a parent that is down. `dropped`: it was over before it was told. */
  readonly status: 'waiting' | 'held' | 'sent' | 'dead' | 'dropped'
  /** `silence:<id>`, `maintenance:<id>`, `parent` or `quiet-hours`. */
  readonly heldBy: string | null
  readonly delivery: string | null
}

/** One message to one channel, and what became of it. Its id is the idempotency key of every attempt. */
export interface Delivery {
  readonly id: string
  readonly channel: string
  readonly kind: 'firing' | 'resolved' | 'repeat' | 'test' | 'flapping' | 'steady'
  readonly group: string
  /** Ids, the most severe first; of more than a hundred, the first hundred are shown. */
  readonly alerts: readonly string[]
  readonly alertCount: number
  readonly title: string
  readonly severity: Severity
  readonly status: 'pending' | 'sent' | 'dead'
  readonly attempts: number
  /** How many of them the other side refused, so that waiting will hardly help; it is dead after twelve. */
  readonly refusals: number
  readonly createdAt: number
  /** Dead a day after this: when it was made, or sent once more. */
  readonly startedAt: number
  readonly nextAttemptAt: number | null
  readonly sentAt: number | null
  readonly receipt: string | null
  readonly lastError: string | null
}

/** Where alerts go: names of channels by what the incident is about. The first that fits decides, unless it goes on. */
export interface Route {
  readonly channels: readonly string[]
  readonly severities?: readonly Severity[]
  readonly services?: readonly string[]
  readonly tags?: readonly string[]
  readonly teams?: readonly string[]
  /** What is grouped into one message. Default `['rule']`: all that one rule finds. */
  readonly groupBy?: readonly ('rule' | 'service' | 'region' | 'severity')[]
  /** How long the first of a group waits for others, in ms. Default 30,000; 0 sends at once. */
  readonly groupWaitMs?: number
  /** How long later ones of a group that was told of wait, in ms. Default 300,000. */
  readonly groupIntervalMs?: number
  /** How often what still fires is told again, in ms. Default 14,400,000 (4 h); 0 never. */
  readonly repeatMs?: number
  /** Also the following routes. Default false. */
  readonly continues?: boolean
  /** Who is told besides, when nobody has acknowledged after so long. */
  readonly escalate?: { readonly afterMs: number; readonly channels: readonly string[] }
  /** Between these hours of the day (`22:00`–`07:00`) only severities from `except` are told at once; the rest wait for the end. */
  readonly quietHours?: {
    readonly from: string
    readonly to: string
    readonly timeZone: string
    readonly except?: readonly Severity[]
  }
}

/** Mutes notices of what it matches, for a time. A resolve of what was told is never muted. */
export interface Silence {
  readonly id: string
  readonly services?: readonly string[]
  readonly rules?: readonly string[]
  readonly tags?: readonly string[]
  readonly regions?: readonly string[]
  readonly from: number
  readonly to: number
  readonly reason: string
  readonly by: string | null
}

/** Planned work: once (`from`–`to`), or again and again (`cron` in `timeZone`, for `durationMs`). What it matches is in `maintenance`. */
export interface Maintenance {
  readonly id: string
  readonly title: string
  readonly services?: readonly string[]
  readonly tags?: readonly string[]
  readonly from?: number
  readonly to?: number
  readonly cron?: string
  readonly timeZone?: string
  readonly durationMs?: number
  readonly by: string | null
  /** Now, or the next one; null when there will be none. */
  readonly next: { readonly from: number; readonly to: number } | null
}

type Draft<T> = Omit<T, 'id' | 'by' | 'next'>

/** The operations on alerts, deliveries, channels, routes, silences and maintenance: what each takes and gives. */
export type AlertOperations = {
  'alerts.list': Op<
    'query',
    { status?: Alert['status']; channel?: string; incident?: string; limit?: number; cursor?: string },
    Listing<Alert>
  >
  'deliveries.list': Op<
    'query',
    { status?: Delivery['status']; channel?: string; limit?: number; cursor?: string },
    Listing<Delivery>
  >
  /** Sends what is dead (or one of it) once more, under its key. */
  'deliveries.replay': Op<'mutation', { id: string }, Delivery>
  'channels.list': Op<
    'query',
    Record<never, never>,
    Listing<{
      readonly name: string
      readonly kind: string
      readonly pending: number
      readonly dead: number
      readonly lastError: string | null
    }>
  >
  'channels.test': Op<'mutation', { channel: string }, Delivery>
  'routes.list': Op<'query', Record<never, never>, Listing<Route>>
  'silences.list': Op<'query', { all?: boolean; limit?: number; cursor?: string }, Listing<Silence>>
  'silences.create': Op<'mutation', Draft<Silence>, Silence>
  /** Ends it now. */
  'silences.expire': Op<'mutation', { id: string }, Silence>
  'maintenance.list': Op<'query', { limit?: number; cursor?: string }, Listing<Maintenance>>
  'maintenance.create': Op<'mutation', Draft<Maintenance>, Maintenance>
  'maintenance.delete': Op<'mutation', { id: string }, { deleted: boolean }>
}

/** What can be followed of alerts. */
export type AlertTopics = {
  /** Those that wait or are held, and the newest others. */
  alerts: Topic<void, readonly Alert[]>
  /** The newest hundred. */
  deliveries: Topic<void, readonly Delivery[]>
  silences: Topic<void, readonly Silence[]>
  maintenance: Topic<void, readonly Maintenance[]>
}
