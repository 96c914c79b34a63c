import type { Deadbands } from './changes/field-rules.ts'
import type { MonitoringOptions } from './monitoring-options.ts'
import type { Plugin } from './plugin.ts'
import type { Access, Credentials, Principal } from './ports/access.ts'
import type { Bus } from './ports/bus.ts'
import type { Cache } from './ports/cache.ts'
import type { Clock } from './ports/clock.ts'
import type { Logger } from './ports/logger.ts'
import type { Probe, ProbeKind } from './ports/probe.ts'
import type { Scheduler } from './ports/scheduler.ts'
import type { SessionStore } from './ports/sessions.ts'
import type { StorageDriver } from './ports/storage.ts'
import type { Contract, CoreOperations, CoreTopics } from './protocol/contract.ts'
import type { Schema } from './protocol/standard-schema.ts'

/** Where one region of an api is asked. What goes with `url` is judged by the probe kind `http`, and described there. */
export interface TargetOptions {
  /** Asked by the probe kind `http`. Either this or `probe`. */
  readonly url?: string
  /** Sent with every request. Default none. */
  readonly headers?: Readonly<Record<string, string>>
  /** Default `GET`. */
  readonly method?: string
  /** Sent as it is; not with `GET` and `HEAD`. */
  readonly body?: string
  /** Statuses that are no failure, singly or as `[from, to]`, both included. Default `[[200, 299]]`. */
  readonly expectedStatus?: readonly (number | readonly [from: number, to: number])[]
  /** Redirects followed in a row, 0 to 20. Default 5. */
  readonly maxRedirects?: number
  /** `fresh` makes a new connection for each check. Default `keep-alive`. */
  readonly connection?: 'keep-alive' | 'fresh'
  /** Asks for a compressed body. Default false. */
  readonly compression?: boolean
  /** Response header with the provider's API version. Default: `x-api-version`, else `api-version`. */
  readonly apiVersionHeader?: string
  readonly tls?: { readonly ca?: string; readonly servername?: string; readonly rejectUnauthorized?: boolean }
  /** Asks in another way than by HTTP: made by `defineProbe`, or any `Probe`. */
  readonly probe?: Probe
  /** How the region is shown. Default: its name. */
  readonly label?: string
  /** In ms. Default: the api's. */
  readonly intervalMs?: number
  /** In ms. Default: the api's. */
  readonly timeoutMs?: number
}

/** How a target is asked, and what counts as a change. An api's regions share it; a region may override the times. */
export interface ApiOptions {
  /** How often, in ms, 100 to 86,400,000. Default 5,000. */
  readonly intervalMs?: number
  /** The whole of one poll with its retries, in ms. Default: the interval, at most 10,000. */
  readonly timeoutMs?: number
  /** Fields that are no change: `generatedAt`, `meta.stamp`, `hosts.*.uptime`. Default none. */
  readonly ignore?: readonly string[]
  /** How far a number may move from the stored one without being a change: `{ 'load.cpu': 0.5, 'memory': { percent: 2 } }`. */
  readonly deadband?: Deadbands
  /** Tries after the first within one poll, 0 to 10. Default 2. */
  readonly retries?: number
  /** Polls of this api per second over all its regions, in this process. Default unlimited. */
  readonly maxPerSecond?: number
  /** The longest document accepted, in bytes after decompression. Default 1,048,576. */
  readonly maxBodyBytes?: number
}

/** How long what is stored is kept. */
export interface RetentionOptions {
  /** History entries, in days; the present document is always kept. Default 30. */
  readonly historyDays?: number
  /** Log lines, in days. Default 14. */
  readonly logDays?: number
  /** Each check of a service by itself, in hours. Default 48. */
  readonly rawHours?: number
  /** Summaries of a minute, in days. Default 7. */
  readonly minuteDays?: number
  /** Summaries of an hour, in days; those of a day are kept for ever. Default 90. */
  readonly hourDays?: number
}

/** Bounds and rhythms; the defaults suit one process with up to 10,000 targets. */
export interface TuningOptions {
  /** Changes waiting for storage, at most. Default 10,000. */
  readonly maxBufferedWrites?: number
  /** Bytes of documents waiting for storage, at most. Default 67,108,864. */
  readonly maxBufferedBytes?: number
  /** How long a changed document may wait for storage before it is shown as provisional, in ms. Default 250. */
  readonly provisionalAfterMs?: number
  /** How long storage may take to answer one call, in ms. Default 5,000. */
  readonly storageTimeoutMs?: number
  /** How often what is shown is compared with storage, in ms. Default 1,000. */
  readonly reconcileMs?: number
  /** How often unchanged items of `regions` and `pollers` are refreshed, in ms. Default 1,000. */
  readonly heartbeatMs?: number
}

/** What surrounds the targets. Every part has a default that needs nothing installed. */
export interface CommonOptions extends MonitoringOptions {
  /** How this installation calls itself. Default `sightline`. */
  readonly name?: string
  /** Who may do what. Default: nobody anything; `allowAll()` opens everything, and says so. */
  readonly access?: Access | AccessOptions
  /** Default `memoryStorage()`. */
  readonly storage?: StorageDriver
  /** How several processes hear of each other's changes. Default `memoryBus()`: this process alone. */
  readonly bus?: Bus
  /**
   * Keeps answers that are dear to make (pages of history, differences of revisions, charts of long ago) for all processes. Default none: what
   * screens show live is in memory.
   */
  readonly cache?: Cache
  /** Who is connected, over all processes; and what clients of version 1 were subscribed to that come back. Default none: each process knows its own. */
  readonly sessions?: SessionStore
  /** Who says when a target is due. Default `timerScheduler()`: one process of the installation polls them all. */
  readonly scheduler?: Scheduler
  /** For tests. Default `systemClock()`. */
  readonly clock?: Clock
  /** A pino instance fits. Default `consoleLogger()`: warnings and errors on the console; `silentLogger()` says nothing. */
  readonly logger?: Logger
  /** Ways to ask by `url`. Default: `httpProbeKind()` of `@sightline/probes`, when that is installed. */
  readonly http?: ProbeKind<unknown>
  readonly retention?: RetentionOptions
  readonly tuning?: TuningOptions
  /** A number in [0, 1); for jitter. Default `Math.random`. */
  readonly random?: () => number
}

/**
 * The host's own login. A call that takes longer than 10 s is refused with `TIMEOUT`, and one that throws is a no.
 *
 * @example
 * const access: AccessOptions = {
 *   authenticate: async ({ headers }) => {
 *     const user = await userOfCookie(headers.cookie)
 *     return user === null ? null : { id: user.email, teams: [user.team], roles: ['metrics:view'] }
 *   },
 * }
 */
export interface AccessOptions {
  /** Who it is; null is anonymous. What it throws is answered with `UNAUTHENTICATED`. */
  authenticate(credentials: Credentials): Principal | null | Promise<Principal | null>
  /** Default: whoever is signed in may do what one of their roles names (`*` names everything), in a team of their own. */
  allows?: Access['allows']
}

/**
 * The configuration: names of apis and regions (R), document types (D) and plugins (P) are inferred from it.
 * Only those three, so that no header value (a secret) ends up in a declaration file.
 */
export interface Config<R, D, P> extends CommonOptions {
  /** What is polled for its document. Either this or `services`, or both. */
  readonly apis?: {
    readonly [A in keyof R]: ApiOptions & {
      /** Any Standard Schema; gives the document's type, and is checked when a document changed. */
      readonly schema?: unknown
      readonly regions: { readonly [K in keyof R[A]]: TargetOptions }
    }
  } & { readonly [A in keyof D]: { readonly schema?: Schema<unknown, D[A]> } }
  readonly plugins?: P
}

/** The names an apis record may infer to. */
export type RegionNames = Record<string, Record<string, unknown>>
/** The plugins a configuration may list: any, each with the operations and topics of its own. */
// biome-ignore lint/suspicious/noExplicitAny: a bound that every concrete plugin must satisfy, in both directions
export type Plugins = readonly Plugin<any, any>[]

/**
 * A configuration with its types kept, for a file of its own (`sightline.config.ts`).
 *
 * @example
 * export default defineConfig({ apis: { orders: { intervalMs: 1_000, regions: { 'us-east': { url } } } } })
 */
export const defineConfig = <R extends RegionNames, D, const P extends Plugins = []>(config: Config<R, D, P>): Config<R, D, P> =>
  config

type Merge<U> = (U extends U ? (u: U) => 0 : 0) extends (m: infer M) => 0 ? M : never

/** The operations (or topics) that plugins add. */
export type Of<P, K extends 'operations' | 'topics'> = P extends readonly (infer X)[]
  ? [X] extends [never]
    ? // biome-ignore lint/complexity/noBannedTypes: no plugins, no names
      {}
    : Merge<X extends Plugin<infer O, infer T> ? { operations: O; topics: T }[K] : never>
  : // biome-ignore lint/complexity/noBannedTypes: as above
    {}

/** The contract of a configuration. */
export interface ContractOf<R, D, P> extends Contract {
  apis: { [A in keyof R & string]: { region: keyof R[A] & string; data: A extends keyof D ? D[A] : unknown } }
  operations: CoreOperations & Of<P, 'operations'>
  topics: CoreTopics & Of<P, 'topics'>
}
