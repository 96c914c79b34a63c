/** When the next poll of an api may start, so that no more than `perSecond` do: one slot after another. */
export interface Pace {
  readonly nextFreeAt: number
}

/** Takes the next slot, or says that it lies further off than `patienceMs`. Times are monotonic ms. */
export const takeSlot = (
  pace: Pace,
  { perSecond, now, patienceMs }: { readonly perSecond: number; readonly now: number; readonly patienceMs: number },
): { readonly pace: Pace; readonly waitMs: number } | null => {
  const startAt = Math.max(now, pace.nextFreeAt)
  const waitMs = startAt - now
  return waitMs > patienceMs ? null : { pace: { nextFreeAt: startAt + 1_000 / perSecond }, waitMs }
}
