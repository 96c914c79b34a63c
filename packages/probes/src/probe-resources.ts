import { type Clock, systemClock } from '@sightline/core'
import { type AddressGuard, type GuardOption, toAddressGuard } from './address-guard/address-guard.ts'

/** What a probe works with, beside its options. */
export interface ProbeResources {
  /** Default: the process's own. */
  readonly clock?: Clock
  /** Keeps addresses that users enter off the monitor's own surroundings. Default: false, as for what the operator wrote. */
  readonly guard?: GuardOption
}

export interface ResolvedResources {
  readonly clock: Clock
  readonly guard: AddressGuard | null
}

export const resolveResources = ({ clock = systemClock(), guard }: ProbeResources): ResolvedResources => ({
  clock,
  guard: toAddressGuard(guard),
})
