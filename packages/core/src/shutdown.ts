import { SightlineError } from './errors.ts'
import type { Clock } from './ports/clock.ts'
import type { Logger } from './ports/logger.ts'
import { withTimeout } from './storage/with-timeout.ts'

/** One part to be stopped, by a name for the log. */
export type ShutdownStep = readonly [name: string, stop: () => unknown]

/** For each step, in ms. */
const STEP_TIMEOUT_MS = 5_000

/** Stops one part after another. One that fails or hangs is logged, and keeps no other from being stopped. */
export const shutDown = async (
  steps: readonly ShutdownStep[],
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<void> => {
  for (const [name, stop] of steps) {
    try {
      await withTimeout({ clock, timeoutMs: STEP_TIMEOUT_MS, what: `${name} did not stop` }, async () => stop())
    } catch (thrown) {
      logger.warn(
        { part: name, error: String(SightlineError.from(thrown).cause ?? thrown) },
        'A part of Sightline did not stop cleanly.',
      )
    }
  }
}
