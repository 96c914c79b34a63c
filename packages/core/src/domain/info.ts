import type { ApiDescription } from '../protocol/contract.ts'
import type { FeedMode } from '../storage/change-feed.ts'

/** What is safe to show of a configuration: never a secret, URL credentials or an environment value. */
export interface Info {
  readonly name: string
  readonly version: string
  readonly apis: readonly ApiDescription[]
  readonly regions: readonly string[]
  readonly adapters: {
    readonly storage: string
    readonly bus: string
    readonly cache: string | null
    readonly sessions: string | null
    readonly scheduler: string
    readonly transports: readonly string[]
  }
  /** How changes of other processes are learned: from the database's own feed, or while it is `off` by bus and comparison; and why. */
  readonly feed: { readonly mode: FeedMode; readonly reason: string }
  /** Clients connected here, and at all processes that share their sessions; `everywhere` is null while nobody can say. */
  readonly sessions: {
    readonly here: number
    readonly everywhere: { readonly processes: number; readonly sessions: number } | null
  }
  /** The access policy's name: `allow-all` says that everybody may do everything. */
  readonly access: string
  readonly plugins: readonly string[]
  readonly operations: readonly string[]
  readonly topics: readonly string[]
  readonly features: Readonly<Record<string, boolean>>
  readonly retention: { readonly historyDays: number }
  /** Of topics and calls. */
  readonly protocol: number
}
