import type { Group } from '../runner.ts'
import type { TransportContext } from './context.ts'
import { endings } from './endings.ts'
import { requests } from './requests.ts'
import { rooms } from './rooms.ts'

/** Every group of the transport suite. */
export const transportGroups: readonly Group<TransportContext>[] = [rooms, requests, endings]
