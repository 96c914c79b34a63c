import type { Clock } from './ports/clock.ts'

/** Waits, but no longer than until one of the signals aborts: who stops need not wait for who waits. */
export const pause = (
  ms: number,
  { clock, signals }: { readonly clock: Pick<Clock, 'setTimer'>; readonly signals: readonly AbortSignal[] },
): Promise<void> =>
  new Promise((resolve) => {
    if (signals.some(({ aborted }) => aborted)) return resolve()
    const end = (): void => {
      cancel()
      for (const signal of signals) signal.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.setTimer(ms, end)
    for (const signal of signals) signal.addEventListener('abort', end, { once: true })
  })
