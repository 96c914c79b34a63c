import { SortedArray } from '../memory/sorted-array.ts'
import type { Clock } from '../ports/clock.ts'

/** A clock that stands still until it is moved. */
export interface TestClock extends Clock {
  /** Timers that have neither run nor been undone. */
  readonly pending: number
  /**
   * Moves both clocks on by `ms`, running what falls due at its own time, in order, first set first. Between timers, and at the end, pending
   * promises and I/O get their turn, so that what a timer began has set its own next timer. Moves asked for meanwhile follow one another.
   */
  advance(ms: number): Promise<void>
  /** Moves both clocks on while nothing runs, as in a process that is blocked: what fell due meanwhile runs, late, with the next `advance`. */
  stall(ms: number): void
  /** Moves the wall clock alone, forwards or back, as an administrator or a time server would. */
  step(ms: number): void
}

interface Timer {
  readonly at: number
  readonly sequence: number
  callback(): void
}

/** Where a test clock begins. */
export interface TestClockOptions {
  /** The wall clock at the start, ms since the Unix epoch. @default 2026-01-01T00:00:00Z */
  readonly now?: number
}

/** Turns of the event loop between two timers: enough for a few rounds of I/O that is ready, each of which may begin the next. */
const turns = 4

/**
 * A fake clock for tests.
 *
 * @example
 * const clock = testClock()
 * const scheduler = timerScheduler({ clock })
 * await clock.advance(61_000)
 */
export const testClock = ({ now = Date.UTC(2026, 0, 1) }: TestClockOptions = {}): TestClock => {
  let elapsed = 0
  let offset = now
  let moving: Promise<void> = Promise.resolve()
  let sequence = 0
  const timers = new SortedArray<Timer>((a, b) => a.at - b.at || a.sequence - b.sequence)

  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < turns; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
  }

  const move = async (ms: number): Promise<void> => {
    const end = elapsed + ms
    await settle()
    for (let next = timers.items[0]; next !== undefined && next.at <= end; next = timers.items[0]) {
      timers.delete(next)
      elapsed = Math.max(elapsed, next.at)
      next.callback()
      await settle()
    }
    elapsed = end
  }

  return {
    now: () => offset + elapsed,
    monotonic: () => elapsed,
    setTimer: (delayMs, callback) => {
      const timer = { at: elapsed + Math.max(0, delayMs), sequence: ++sequence, callback }
      timers.put(timer)
      return () => void timers.delete(timer)
    },
    get pending() {
      return timers.items.length
    },
    advance: (ms) => {
      const moved = moving.then(() => move(ms))
      moving = moved.catch(() => {})
      return moved
    },
    stall: (ms) => {
      elapsed += ms
    },
    step: (ms) => {
      offset += ms
    },
  }
}
