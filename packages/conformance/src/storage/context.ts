import type { Capabilities, Collection, StorageDriver, StoragePlan } from '@sightline/core/ports'
import { conformancePlan, type Note, noteDefinition, type Ticket, ticketDefinition } from './plan.ts'
import type { StorageSubject } from './subject.ts'

/** What a storage test works with: a connected driver over an empty store, and the ways to others over the same one. */
export interface StorageContext {
  readonly subject: StorageSubject
  readonly driver: StorageDriver
  readonly capabilities: Capabilities
  readonly tickets: Collection<Ticket>
  readonly notes: Collection<Note>
  /** Another connected driver over the same store: another process, as it were. */
  connect(plan?: StoragePlan): Promise<StorageDriver>
  /** Not connected; closed after the test all the same. */
  driverOver(): StorageDriver
  /** Drivers over another store, which nobody has connected to yet. */
  fresh(count: number): Promise<readonly StorageDriver[]>
  /** The store's clock, ms since the Unix epoch. */
  now(): Promise<number>
  elapse(ms: number): Promise<void>
}

export const storageContext = async (
  open: () => Promise<StorageSubject>,
): Promise<{ readonly context: StorageContext; dispose(): Promise<void> }> => {
  const subject = await open()
  const subjects = [subject]
  const drivers: StorageDriver[] = []
  const driverOver = (store = subject): StorageDriver => {
    const driver = store.driver()
    drivers.push(driver)
    return driver
  }
  const dispose = async (): Promise<void> => {
    await Promise.allSettled(drivers.map((driver) => driver.close()))
    for (const each of subjects) await each.dispose()
  }
  try {
    const driver = driverOver()
    const capabilities = await driver.connect(conformancePlan)
    const context: StorageContext = {
      subject,
      driver,
      capabilities,
      tickets: driver.collection(ticketDefinition),
      notes: driver.collection(noteDefinition),
      connect: async (plan = conformancePlan) => {
        const another = driverOver()
        await another.connect(plan)
        return another
      },
      driverOver: () => driverOver(),
      fresh: async (count) => {
        const other = await open()
        subjects.push(other)
        return Array.from({ length: count }, () => driverOver(other))
      },
      now: async () => (await driver.ping()).serverTime,
      elapse: subject.elapse ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms))),
    }
    return { context, dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}
