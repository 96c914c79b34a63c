/** What tells whether the monitor itself can be believed. */
export interface MonitorEvidence {
  /** How late the event loop runs, in ms. */
  readonly loopDelayMs: number
  /** Nothing outside can be reached. */
  readonly isEgressFailing: boolean
  /** The scheduler is away: nothing is checked. */
  readonly isTickless: boolean
  /** Targets that were good, and failed together in the tick that is judged. */
  readonly failedTogether: number
  /** On so many hosts. */
  readonly failedHosts: number
  /** Targets that were good before it, all of them, whether or not their turn came. */
  readonly goodBefore: number
}

export interface MonitorLimits {
  /** Event loop this late, in ms, makes timeouts of its own. @default 1000 */
  readonly maxLoopDelayMs: number
  /** Such a share of the good targets failing in one tick is more likely the monitor's own network. @default 0.8 */
  readonly togetherShare: number
  /** Fewer targets than this, or on one host, are believed. @default 5 */
  readonly minTargets: number
  /** How long it stays in doubt after the last sign, in ms. @default 10000 */
  readonly doubtMs: number
}

export const defaultMonitorLimits: MonitorLimits = {
  maxLoopDelayMs: 1_000,
  togetherShare: 0.8,
  minTargets: 5,
  doubtMs: 10_000,
}

/** `reason` null: well. Times are ms of a clock that never steps. */
export interface MonitorHealth {
  readonly reason: string | null
  /** Until when it is in doubt, also without another sign. */
  readonly doubtUntil: number
  /** Since when it is well; silence from before that says nothing. */
  readonly wellSince: number
}

export const wellMonitor: MonitorHealth = {
  reason: null,
  doubtUntil: Number.NEGATIVE_INFINITY,
  wellSince: Number.NEGATIVE_INFINITY,
}

const findSign = (evidence: MonitorEvidence, limits: MonitorLimits): string | null => {
  if (evidence.loopDelayMs > limits.maxLoopDelayMs) return `The monitor runs ${Math.round(evidence.loopDelayMs)} ms late.`
  if (evidence.isEgressFailing) return 'The monitor reaches nothing outside.'
  if (evidence.isTickless) return 'The scheduler does not answer: nothing is checked.'
  const { failedTogether, failedHosts, goodBefore } = evidence
  if (failedTogether >= limits.minTargets && failedHosts >= 2 && failedTogether >= limits.togetherShare * goodBefore) {
    return `${failedTogether} of ${goodBefore} targets failed at once.`
  }
  return null
}

/** Is the monitor itself unwell? Then what looks down is inconclusive. */
export const monitorHealth = (
  health: MonitorHealth,
  evidence: MonitorEvidence,
  { at, limits = defaultMonitorLimits }: { readonly at: number; readonly limits?: MonitorLimits },
): MonitorHealth => {
  const reason = findSign(evidence, limits)
  if (reason !== null) return { reason, doubtUntil: at + limits.doubtMs, wellSince: at + limits.doubtMs }
  if (health.reason === null || at < health.doubtUntil) return health
  return { reason: null, doubtUntil: health.doubtUntil, wellSince: at }
}
