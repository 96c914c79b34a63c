import { SightlineError } from './errors.ts'

/** Waits for work that others wait for too: who gives up is told so at once (`ABORTED`), and the work goes on. */
export const untilAborted = <T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const giveUp = (): void => reject(new SightlineError('ABORTED', 'The caller gave up.'))
    if (signal.aborted) return giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', giveUp))
  })
