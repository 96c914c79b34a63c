import type { Group } from '../runner.ts'
import type { StorageContext } from './context.ts'
import { snapshots } from './snapshots.ts'

/** Every group of the storage suite, in the order a reader learns the contract. */
export const storageGroups: readonly Group<StorageContext>[] = [snapshots]
