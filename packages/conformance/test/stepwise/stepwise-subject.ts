import { memoryStore } from '@sightline/core'
import type { StorageDriver } from '@sightline/core/ports'
import { testClock } from '@sightline/core/testing'
import type { StorageSubject } from '../../src/index.ts'
import { type Journal, stepwiseStorage } from './stepwise-storage.ts'

/** Breaks a driver, which may look into the journal. */
export type BreakStepwise = (driver: StorageDriver, journal: Journal) => StorageDriver

export const stepwiseSubject = (breakIt: BreakStepwise = (driver) => driver): StorageSubject => {
  const store = memoryStore()
  const journal: Journal = new Map()
  const clock = testClock()
  const driverWith = (step: () => Promise<void>): StorageDriver =>
    breakIt(stepwiseStorage({ store, journal, clock, step }), journal)
  return {
    driver: () => driverWith(async () => {}),
    dying: (at) => {
      let steps = 0
      const step = (): Promise<void> => (++steps >= at ? new Promise(() => {}) : Promise.resolve())
      return { driver: driverWith(step), isDead: () => steps >= at }
    },
    elapse: (ms) => clock.advance(ms),
    dispose: async () => {},
  }
}
