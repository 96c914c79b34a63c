import type { Clock } from '@sightline/core/ports'

/** The browser's (or Node's) own time. Its timers do not keep a process alive. */
export const platformClock = (): Clock => ({
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: (delayMs, callback) => {
    const timer: unknown = setTimeout(callback, delayMs)
    if (typeof timer === 'object' && timer !== null && 'unref' in timer) (timer as { unref(): void }).unref()
    return () => clearTimeout(timer as Parameters<typeof clearTimeout>[0])
  },
})
