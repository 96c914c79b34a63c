import type { Group } from '../runner.ts'
import type { TransportContext } from './context.ts'

/** Every group of the transport suite. */
export const transportGroups: readonly Group<TransportContext>[] = []
