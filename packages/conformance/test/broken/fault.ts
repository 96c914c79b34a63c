import type { Collection, LogStore, SampleStore, SnapshotStore, StorageDriver } from '@sightline/core/ports'

/** One promise broken. */
export interface Fault {
  /** What is wrong, as a bug report would say it. */
  readonly breaks: string
  /** The tests that were written to notice; others may as well. */
  readonly noticedBy: readonly string[]
  /** Called once a store; what it returns breaks each driver over that store. */
  readonly wrap: () => (driver: StorageDriver) => StorageDriver
}

export interface Changes extends Partial<Omit<StorageDriver, 'snapshots' | 'samples' | 'logs' | 'collection'>> {
  readonly snapshots?: Partial<SnapshotStore>
  readonly samples?: Partial<SampleStore>
  readonly logs?: Partial<LogStore>
  collection?<T>(collection: Collection<T>): Partial<Collection<T>>
}

/** The driver with some of its methods replaced. */
export const alter = (driver: StorageDriver, { snapshots, samples, logs, collection, ...own }: Changes): StorageDriver => ({
  ...driver,
  snapshots: { ...driver.snapshots, ...snapshots },
  samples: { ...driver.samples, ...samples },
  logs: { ...driver.logs, ...logs },
  collection: (definition) => {
    const reads = driver.collection(definition)
    return { ...reads, ...collection?.(reads) }
  },
  ...own,
})

/** A fault that needs no state of its own. */
export const fault = (breaks: string, noticedBy: readonly string[], change: (driver: StorageDriver) => Changes): Fault => ({
  breaks,
  noticedBy,
  wrap: () => (driver) => alter(driver, change(driver)),
})

/** Lets others run in between: what is not atomic shows. */
export const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
