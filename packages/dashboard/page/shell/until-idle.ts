/** What can wait no longer than this comes though there is still work, in ms. */
const PATIENCE_MS = 2_000

/** Resolves when the browser has nothing better to do. */
export const untilIdle = (): Promise<void> =>
  new Promise((resolve) => {
    // Safari has had none until lately.
    if (typeof requestIdleCallback === 'undefined') setTimeout(resolve, 200)
    else requestIdleCallback(() => resolve(), { timeout: PATIENCE_MS })
  })
