import type { Bus } from '@sightline/core/ports'

/** One installation's bus. */
export interface BusSubject {
  /** A bus of one more process of the installation, not yet open. */
  bus(): Bus
  /** Cuts every bus off from the others until the returned undo is called. */
  cutOff?(): Promise<() => Promise<void>>
  /** The suite has closed its buses by then. */
  dispose(): Promise<void>
}
