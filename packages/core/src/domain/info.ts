import type { ApiDescription } from '../protocol/contract.ts'

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
    readonly scheduler: string
    readonly transports: readonly string[]
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
