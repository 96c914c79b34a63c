import type { Group } from '../runner.ts'
import { collections } from './collections.ts'
import { commits } from './commits.ts'
import type { StorageContext } from './context.ts'
import { epochs } from './epochs.ts'
import { expiry } from './expiry.ts'
import { feed } from './feed.ts'
import { fences } from './fences.ts'
import { fidelity } from './fidelity.ts'
import { format } from './format.ts'
import { indexes } from './indexes.ts'
import { lifecycle } from './lifecycle.ts'
import { logs } from './logs.ts'
import { model } from './model.ts'
import { paging } from './paging.ts'
import { recovery } from './recovery.ts'
import { retention } from './retention.ts'
import { samples } from './samples.ts'
import { scope } from './scope.ts'
import { snapshotRaces } from './snapshot-races.ts'
import { snapshots } from './snapshots.ts'
import { tombstones } from './tombstones.ts'
import { uniqueValues } from './unique-values.ts'
import { unknownOutcomes } from './unknown-outcomes.ts'

/** Every group of the storage suite, in the order a reader learns the contract. */
export const storageGroups: readonly Group<StorageContext>[] = [
  snapshots,
  snapshotRaces,
  fences,
  epochs,
  tombstones,
  unknownOutcomes,
  collections,
  indexes,
  uniqueValues,
  expiry,
  commits,
  paging,
  scope,
  fidelity,
  samples,
  logs,
  retention,
  recovery,
  lifecycle,
  format,
  feed,
  model,
]
