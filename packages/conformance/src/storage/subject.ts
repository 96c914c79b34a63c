import type { StorageDriver } from '@sightline/core/ports'

/** One empty store and the ways to reach it; made afresh for every test. */
export interface StorageSubject {
  /** A driver over this store, not yet connected: what one process would make. Several may be open at once, and one after another. */
  driver(): StorageDriver
  /**
   * A driver whose process dies at its `step`-th step (1 is the first): anything after which another process could look. From then on it
   * does nothing and its calls never settle. `isDead` says whether it came that far. Where every call is one transaction,
   * `dyingBetweenCalls` makes one. What it holds open is `dispose`'s to close.
   */
  dying?(step: number): { readonly driver: StorageDriver; isDead(): boolean }
  /**
   * Starts a process that runs `writeForever` over this store and passes on every line it prints. `kill` ends it with SIGKILL and
   * resolves when it is gone. See `spawnWriterScript`.
   */
  spawnWriter?(onLine: (line: string) => void): Promise<{ kill(): Promise<void> }>
  /** Cuts the drivers off from the store until the returned undo is called. */
  cutOff?(): Promise<() => Promise<void>>
  /** A driver over a connection that the test, not the driver, opened. */
  borrowing?(): Promise<{ readonly driver: StorageDriver; isConnectionOpen(): Promise<boolean>; dispose(): Promise<void> }>
  /** Backs the store up, in use; the returned call puts the backup in the place of the store, once its drivers are closed. */
  backUp?(): Promise<() => Promise<void>>
  /** Lets at least `ms` pass on the clock that `ping` shows. @default really waits */
  elapse?(ms: number): Promise<void>
  /** Closes and removes everything. The suite has closed its drivers by then. */
  dispose(): Promise<void>
}
