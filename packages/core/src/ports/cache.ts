import type { Json } from './identity.ts'

/** Text by key with a time to live, shared by the processes of one installation. Losing it loses nothing but time. */
export interface Cache {
  /** As shown in `/info`. */
  readonly name: string
  /** null where there is none or it has expired. */
  get(key: string): Promise<Json | null>
  /** Resolves true where the value was set; false only with `ifAbsent` and a live value there. Of racers with `ifAbsent`, one wins. */
  set(key: string, value: Json, options: { readonly ttlMs: number; readonly ifAbsent?: boolean }): Promise<boolean>
  /**
   * The value, or what `fill` makes where there is none, which is then stored. A cache that can lets one of all the processes that ask
   * fill, and the others wait. Rejects as `fill` does. Optional: without it each process fills for itself.
   */
  getOrSet?(key: string, fill: () => Promise<Json>, options: { readonly ttlMs: number }): Promise<Json>
  /** Deleting what is not there is no error. */
  delete(key: string): Promise<void>
  /** Idempotent. */
  close(): Promise<void>
}

/** Who may do a thing alone. Core has one over storage; adapter-redis a faster one. */
export interface Leases {
  /**
   * The fence of the holder's lease, or null while another holds it. Acquiring what one holds prolongs it and keeps its fence.
   * Fences only grow, across holders and restarts.
   */
  acquire(name: string, holder: string, ttlMs: number): Promise<{ readonly fence: number } | null>
  /** Does nothing where the lease is another's. */
  release(name: string, holder: string): Promise<void>
}
