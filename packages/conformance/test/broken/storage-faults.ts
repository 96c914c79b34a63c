import { commitFaults } from './commit-faults.ts'
import { expiryFaults } from './expiry-faults.ts'
import type { Fault } from './fault.ts'
import { feedFaults } from './feed-faults.ts'
import { fenceFaults } from './fence-faults.ts'
import { historyFaults } from './history-faults.ts'
import { indexFaults } from './index-faults.ts'
import { lifecycleFaults } from './lifecycle-faults.ts'
import { logFaults } from './log-faults.ts'
import { pagingFaults } from './paging-faults.ts'
import { recordFaults } from './record-faults.ts'
import { retentionFaults } from './retention-faults.ts'
import { sampleFaults } from './sample-faults.ts'
import { scopeFaults } from './scope-faults.ts'
import { snapshotFaults } from './snapshot-faults.ts'
import { textFaults } from './text-faults.ts'
import { uniqueValueFaults } from './unique-value-faults.ts'
import { unknownOutcomeFaults } from './unknown-outcome-faults.ts'

/** Every way in which the suite's own tests break a storage driver. */
export const storageFaults: readonly Fault[] = [
  ...snapshotFaults,
  ...historyFaults,
  ...fenceFaults,
  ...textFaults,
  ...unknownOutcomeFaults,
  ...recordFaults,
  ...uniqueValueFaults,
  ...commitFaults,
  ...expiryFaults,
  ...indexFaults,
  ...pagingFaults,
  ...scopeFaults,
  ...sampleFaults,
  ...logFaults,
  ...retentionFaults,
  ...lifecycleFaults,
  ...feedFaults,
]
