/** Time, injected. */
export interface Clock {
  /** Wall clock, ms since the Unix epoch. It may step. For what is shown and stored. */
  now(): number
  /** ms from an arbitrary start; never steps back. For every duration. */
  monotonic(): number
  /** Calls once after `delayMs`; returns its undo. Keeps the process alive meanwhile: who started, stops. */
  setTimer(delayMs: number, callback: () => void): () => void
}

/** The process's own clock. */
export const systemClock = (): Clock => ({
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: (delayMs, callback) => {
    const timer = setTimeout(callback, Math.max(0, delayMs))
    return () => clearTimeout(timer)
  },
})
