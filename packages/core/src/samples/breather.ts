import { pause } from '../pause.ts'
import type { Clock } from '../ports/clock.ts'

/** Lets others have their turn: resolves at once until a stretch of work has lasted long enough, then after a turn of the event loop. */
export type Breather = () => Promise<void> | undefined

/** Work goes on for so long at a stretch. */
const STRETCH_MS = 8

export const createBreather = (clock: Pick<Clock, 'monotonic' | 'setTimer'>): Breather => {
  let since = clock.monotonic()
  return () => {
    if (clock.monotonic() - since < STRETCH_MS) return undefined
    return pause(0, { clock, signals: [] }).then(() => {
      since = clock.monotonic()
    })
  }
}
