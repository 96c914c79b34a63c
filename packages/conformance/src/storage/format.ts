import assert from 'node:assert/strict'
import { rejectsWith } from '../rejection.ts'
import type { Group } from '../runner.ts'
import type { StorageContext } from './context.ts'
import { conformancePlan } from './plan.ts'
import { keyOf, replaceOne, snapshotWrite, won } from './writes.ts'

const planOf = (writes: number, reads: number) => ({ ...conformancePlan, format: { writes, reads } })

/** Two versions of the software over one store. The store of a test has been written in format 1. */
export const format: Group<StorageContext> = {
  name: 'format',
  tests: {
    'a newer writer records its format, and an older reader is refused': async ({ connect, driverOver }) => {
      await connect(planOf(3, 3))
      await rejectsWith('INCOMPATIBLE', () => driverOver().connect(planOf(1, 1)))
      await rejectsWith('INCOMPATIBLE', () => driverOver().connect(planOf(2, 2)))
      await connect(planOf(3, 3))
    },

    'an older writer that reads the newer format is let in, and does not turn it back': async ({ connect, driverOver }) => {
      await connect(planOf(3, 3))
      await connect(planOf(1, 3))
      await connect(planOf(2, 4))
      await rejectsWith('INCOMPATIBLE', () => driverOver().connect(planOf(2, 2)))
      await connect(planOf(3, 3))
    },

    'a reader of newer formats leaves an older format as it is': async ({ connect }) => {
      await connect(planOf(1, 9))
      await connect(planOf(1, 1))
    },

    'formats order as numbers': async ({ connect, driverOver }) => {
      await connect(planOf(10, 10))
      await rejectsWith('INCOMPATIBLE', () => driverOver().connect(planOf(9, 9)))
      await connect(planOf(9, 10))
    },

    'a refused driver changes nothing and serves nothing': async ({ driver, connect, driverOver }) => {
      const newer = await connect(planOf(2, 2))
      const snapshot = won(await replaceOne(newer, snapshotWrite({ key: keyOf('orders') })))
      const refused = driverOver()
      await rejectsWith('INCOMPATIBLE', () => refused.connect(planOf(1, 1)))
      await rejectsWith('UNAVAILABLE', () => refused.snapshots.load([keyOf('orders')]))
      assert.deepEqual(await driver.snapshots.load([keyOf('orders')]), [snapshot])
      await refused.close()
    },
  },
}
