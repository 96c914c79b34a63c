/** Later than this after a period hardly anything is added to it, in ms. */
const CLOSED_AFTER_MS = 48 * 3_600_000

/** For `cached`: what is asked of a period that ended so long ago may be kept. What is added still is missing there for an hour at most. */
export const closedPeriod = (
  { to }: { readonly to: number },
  { now }: { readonly now: number },
): { readonly under: string } | null => (to <= now - CLOSED_AFTER_MS ? { under: '' } : null)
