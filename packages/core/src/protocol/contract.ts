import type { AlertOperations, AlertTopics } from './alerts.ts'
import type { PatchOperation } from './frame.ts'
import type { IncidentOperations, IncidentTopics } from './incidents.ts'
import type { LogOperations, LogTopics } from './logs.ts'
import type { RuleOperations } from './rules.ts'
import type { SampleOperations } from './samples.ts'
import type { ServiceOperations, ServiceTopics } from './services.ts'
import type { SessionOperations } from './sessions.ts'
import type { Listing, Op, Ref, RevisionRef, Topic } from './shapes.ts'

export type { Listing, Op, Ref, RevisionRef, Topic } from './shapes.ts'

/** Everything a client can know of a server by its type: made by inference from the configuration and its plugins. */
export interface Contract {
  apis: Record<string, { region: string; data: unknown }>
  // biome-ignore lint/suspicious/noExplicitAny: a bound that every concrete operation must satisfy, in both directions
  operations: Record<string, Op<any, any, any>>
  // biome-ignore lint/suspicious/noExplicitAny: as above
  topics: Record<string, Topic<any, any>>
}

/** One revision of a target's document, as clients see it. Times are ms since the Unix epoch. */
export interface MetricsSnapshot<Data = unknown> {
  readonly api: string
  readonly region: string
  readonly epoch: string
  /** Counts the changes within the epoch, from 1. */
  readonly revision: number
  /** Opaque: differs when the document changed by its rules. */
  readonly hash: string
  readonly data: Data
  /** When the epoch began. */
  readonly createdAt: number
  /** When this revision was observed. */
  readonly updatedAt: number
}

/** What turned one revision into another. */
export interface MetricsDiff {
  readonly from: RevisionRef & { readonly updatedAt: number }
  readonly to: RevisionRef & { readonly updatedAt: number }
  /** The top-level fields that differ. */
  readonly sections: readonly string[]
  readonly patch: readonly PatchOperation[]
}

/** A configured api, without anything secret. */
export interface ApiDescription {
  readonly name: string
  readonly regions: readonly RegionDescription[]
}

/** One region of a configured api: where its rhythm stands now, and what counts as no change. Times are ms. */
export interface RegionDescription {
  readonly name: string
  readonly label: string
  readonly intervalMs: number
  readonly timeoutMs: number
  /** Paths of fields whose changes are none. */
  readonly ignore: readonly string[]
}

/** How a target is doing: `waiting` before its first poll, `failing` after one that failed, `open` while its circuit is. */
export type TargetState = 'waiting' | 'up' | 'failing' | 'open' | 'paused'

/** An item of the topic `regions`: what a reader wants to know of a target. Times are ms since the Unix epoch. */
export interface RegionStatus {
  readonly api: string
  readonly region: string
  readonly label: string
  readonly state: TargetState
  readonly intervalMs: number
  /** Changes within the epoch; null before the first document. */
  readonly revision: number | null
  readonly changedAt: number | null
  /** The last poll that succeeded, changed or not: what is unchanged is not dead. */
  readonly checkedAt: number | null
  readonly latencyMs: number | null
}

/** An item of the topic `pollers`: what an operator wants to know of a target. Times are ms since the Unix epoch. */
export interface PollerStatus {
  readonly api: string
  readonly region: string
  readonly state: TargetState
  readonly polls: number
  readonly failures: number
  readonly consecutiveFailures: number
  readonly changes: number
  readonly skipped: number
  /** Probes that did not settle after their abort. */
  readonly abandoned: number
  readonly latencyMs: number | null
  readonly checkedAt: number | null
  readonly attemptedAt: number | null
  readonly retryAt: number | null
  readonly lastError: { readonly code: string; readonly message: string; readonly at: number } | null
  readonly apiVersion: string | null
}

/** One poll, and what it found. `at` is ms since the Unix epoch. */
export interface PollMark {
  readonly at: number
  readonly outcome: 'unchanged' | 'changed' | 'failed'
  readonly latencyMs: number
}

/** The last polls of a target, up to 60, oldest first: since the process that is asked started, as far as it polled or was told. */
export interface PollTrail {
  readonly api: string
  readonly region: string
  readonly polls: readonly PollMark[]
}

/** The operations of the group `metrics`. */
export type MetricsOperations = {
  /** The latest document, or with `asOf` (ms) the one that was latest then. */
  'metrics.get': Op<'query', Ref & { asOf?: number }, MetricsSnapshot>
  /** The latest documents of every region of one api, or of all. `limit` 1–500, default 500; a page of long documents ends at 1 MiB. */
  'metrics.list': Op<'query', { api?: string; limit?: number; cursor?: string }, Listing<MetricsSnapshot>>
  /** Newest first. `limit` 1–500, default 50; a page of long documents ends at 1 MiB. */
  'metrics.history': Op<'query', Ref & { limit?: number; cursor?: string; asOf?: number }, Listing<MetricsSnapshot>>
  'metrics.diff': Op<'query', Ref & { from: RevisionRef; to: RevisionRef }, MetricsDiff>
  /** What the last polls of a target found. */
  'metrics.polls': Op<'query', Ref, PollTrail>
  'metrics.listApis': Op<'query', Record<never, never>, Listing<ApiDescription>>
  /** Changes how often a target is polled, for good. 100 ms to 24 h. */
  'metrics.setInterval': Op<'mutation', Ref & { intervalMs: number }, RegionDescription>
  /** Polls a target now, without waiting for its turn; answers when that poll has been judged. */
  'metrics.pollNow': Op<'mutation', Ref, { changed: boolean; latencyMs: number }>
}

/** The topics of the targets. Keyed topics give a list. */
export type TargetTopics = {
  metrics: Topic<Ref, MetricsSnapshot>
  regions: Topic<void, readonly RegionStatus[]>
  pollers: Topic<void, readonly PollerStatus[]>
}

/** One flat type: what is made of it is spelled short, and compared fast. */
type Flat<T> = { [K in keyof T]: T[K] }

/** The operations every Sightline has. */
export type CoreOperations = Flat<
  MetricsOperations &
    ServiceOperations &
    RuleOperations &
    IncidentOperations &
    AlertOperations &
    LogOperations &
    SampleOperations &
    SessionOperations
>

/** The topics every Sightline has. */
export type CoreTopics = Flat<TargetTopics & ServiceTopics & IncidentTopics & AlertTopics & LogTopics>

/** The api and region pairs of a configuration. */
export type Pair<Apis extends Contract['apis']> = { [K in keyof Apis]: { api: K; region: Apis[K]['region'] } }[keyof Apis]

/** An input or params type with `Ref` replaced by the configured pairs. */
export type Bind<Input, Apis extends Contract['apis']> = Input extends Ref ? Omit<Input, keyof Ref> & Pair<Apis> : Input

/** An output or data type with the api's document type put in. */
export type BindData<Data, Params, Apis extends Contract['apis']> =
  Data extends Listing<infer Item>
    ? Item extends MetricsSnapshot
      ? Listing<BindData<Item, Params, Apis>>
      : Data
    : Data extends MetricsSnapshot
      ? Params extends { api: infer Api extends keyof Apis }
        ? MetricsSnapshot<Apis[Api]['data']>
        : Data
      : Data
