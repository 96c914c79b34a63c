import type { RegionStatus, TargetState } from '../protocol/contract.ts'

/** The answer of `sightline.status()`: counts, and the last poll of every target. */
export interface Status {
  readonly targets: Readonly<Record<TargetState, number>>
  readonly services: Readonly<Record<string, number>>
  readonly openIncidents: number
  readonly connectedClients: number
  readonly polls: readonly RegionStatus[]
}
