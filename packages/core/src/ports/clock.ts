/** Time, injected. */
export interface Clock {
  /** Wall clock, ms since the Unix epoch. It may step. For what is shown and stored. */
  now(): number
  /** ms from an arbitrary start; never steps back. For every duration. */
  monotonic(): number
  /** Calls once after `delayMs`; returns its undo. Does not keep the process alive. */
  setTimer(delayMs: number, callback: () => void): () => void
}

/** The process's own clock. */
export const systemClock = (): Clock => ({
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: (delayMs, callback) => {
    const timer: unknown = setTimeout(callback, delayMs)
    // Node's timers keep the process alive unless told otherwise; a browser's are numbers and do not.
    if (typeof timer === 'object' && timer !== null && 'unref' in timer) (timer as { unref(): void }).unref()
    return () => clearTimeout(timer as Parameters<typeof clearTimeout>[0])
  },
})
