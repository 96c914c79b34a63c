import { tupleKey } from '../driver/names.ts'
import type { Clock } from '../ports/clock.ts'
import { floorTo, HOUR_MS, MINUTE_MS } from './resolutions.ts'
import type { SampleAnalysis } from './sample-analysis.ts'
import type { AvailabilityShare, SamplesPart } from './samples-part.ts'

export interface AvailabilitySharesOptions {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly analysis: Pick<SampleAnalysis, 'availability'>
}

type ShareRequest = Parameters<SamplesPart['share']>[0]

interface Kept {
  readonly shares: ReturnType<SampleAnalysis['availability']>
  readonly until: number
}

/** An answer about a period holds for this part of it. */
const PART = 60
const MAX_KEPT = 20_000

/** `share` for the rules, which ask for the same periods again and again. */
export const createAvailabilityShares = ({ clock, analysis }: AvailabilitySharesOptions): SamplesPart['share'] => {
  const kept = new Map<string, Kept>()

  const forgetOld = (now: number): void => {
    if (kept.size < MAX_KEPT) return
    for (const [key, { until }] of kept) if (until <= now) kept.delete(key)
    for (const key of kept.keys()) {
      if (kept.size < MAX_KEPT) break
      kept.delete(key)
    }
  }

  const sharesOf = ({ team, service, fromMs, toMs }: Omit<ShareRequest, 'region'>): Kept['shares'] => {
    const grainMs = Math.min(HOUR_MS, Math.max(MINUTE_MS, floorTo((toMs - fromMs) / PART, MINUTE_MS)))
    const from = floorTo(fromMs, grainMs)
    const to = floorTo(toMs + grainMs - 1, grainMs)
    const key = tupleKey(team, service, String(from), String(to))
    const now = clock.monotonic()
    const known = kept.get(key)
    if (known !== undefined && known.until > now) return known.shares
    forgetOld(now)
    const shares = analysis.availability({ team, service, from, to })
    kept.set(key, { shares, until: now + grainMs })
    // A failure is not kept: the next who asks tries again.
    shares.catch(() => kept.delete(key))
    return shares
  }

  return async ({ region, ...period }) => {
    const shares = await sharesOf(period)
    return total(region === undefined ? shares : shares.filter((share) => share.region === region))
  }
}

/** The sum of several. */
export const total = (shares: readonly AvailabilityShare[]): AvailabilityShare =>
  shares.reduce((sum, { good, total: all }) => ({ good: sum.good + good, total: sum.total + all }), { good: 0, total: 0 })
