import { badShare, type EventWindow, emptyWindow } from '../evaluation/event-window.ts'

/** An error budget may not be spent this many times too fast over both windows at once. Times are ms. */
export interface BurnWindow {
  readonly longMs: number
  /** A twelfth of the long one: it ends the alert soon after the errors end. */
  readonly shortMs: number
  /** The share of the whole budget that is gone after the long window at that rate. */
  readonly budgetShare: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
export const DEFAULT_PERIOD_MS = 30 * 24 * HOUR_MS

/**
 * 2 % of the budget in an hour, 5 % in six, 10 % in three days: burn rates of 14.4, 6 and 1 for a period of 30 days.
 * Source: The Site Reliability Workbook (Google, O'Reilly 2018), chapter 5 "Alerting on SLOs", section 6 "Multiwindow, Multi-Burn-Rate
 * Alerts", table 5-8; https://sre.google/workbook/alerting-on-slos/
 */
export const burnWindows: readonly BurnWindow[] = [
  { longMs: HOUR_MS, shortMs: 5 * MINUTE_MS, budgetShare: 0.02 },
  { longMs: 6 * HOUR_MS, shortMs: 30 * MINUTE_MS, budgetShare: 0.05 },
  { longMs: 72 * HOUR_MS, shortMs: 6 * HOUR_MS, budgetShare: 0.1 },
]

/** How many times faster than evenly a budget is spent: `budgetShare` of it within the long window, of the period. */
export const burnFactor = ({ longMs, budgetShare }: BurnWindow, periodMs: number): number => (budgetShare * periodMs) / longMs

/** Fine for what is short, coarse for what is long. */
export const emptyBurnCounts = (): readonly EventWindow[] => [
  emptyWindow({ stepMs: MINUTE_MS, steps: 61 }),
  emptyWindow({ stepMs: 10 * MINUTE_MS, steps: 433 }),
]

/** The burn window that is exceeded on both sides, or null. */
export const findBurn = (
  counts: readonly EventWindow[],
  at: number,
  { objectivePercent, periodMs }: { readonly objectivePercent: number; readonly periodMs: number },
): (BurnWindow & { readonly rate: number }) | null => {
  const [fine, coarse] = counts
  if (fine === undefined || coarse === undefined) return null
  const budget = 1 - objectivePercent / 100
  const rateOver = (lengthMs: number): number => badShare(lengthMs <= HOUR_MS ? fine : coarse, at, lengthMs) / budget
  for (const window of burnWindows) {
    const factor = burnFactor(window, periodMs)
    const rate = rateOver(window.shortMs)
    if (rate >= factor && rateOver(window.longMs) >= factor) return { ...window, rate }
  }
  return null
}
