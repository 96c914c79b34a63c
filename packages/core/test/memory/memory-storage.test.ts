import { dyingBetweenCalls, storageConformance } from '@sightline/conformance'
import { describe, test } from 'vitest'
import { memoryStorage, memoryStore } from '../../src/memory/index.ts'
import { testClock } from '../../src/testing/fake-clock.ts'

const outlivesNoProcess = 'what is in memory ends with its process'
const reachesNothing = 'memory has no connection to lend or to lose'

for (const feed of [false, true]) {
  storageConformance({
    name: feed ? 'memory, with a change feed' : 'memory',
    runner: { describe, test },
    open: async () => {
      const store = memoryStore()
      const clock = testClock()
      const driver = () => memoryStorage({ store, clock, feed })
      return {
        driver,
        dying: (step) => dyingBetweenCalls(driver(), step),
        elapse: (ms) => clock.advance(ms),
        dispose: async () => {},
      }
    },
    exceptions: [
      {
        test: 'recovery: killed with SIGKILL while it writes: nothing acknowledged is lost, nothing stays half done',
        reason: outlivesNoProcess,
      },
      { test: 'lifecycle: close leaves a connection open that the driver did not open', reason: reachesNothing },
      {
        test: 'lifecycle: a store that cannot be reached is UNAVAILABLE or a TIMEOUT, and never "not found"',
        reason: reachesNothing,
      },
    ],
  })
}
