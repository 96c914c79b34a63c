import type { Clock } from '../ports/clock.ts'
import type { EvaluationDependencies } from './evaluation-part.ts'
import type { Fleet, Member } from './fleet.ts'
import type { RegionState } from './region-state.ts'
import type { ServicePlan } from './service-plan.ts'

export interface SeedSilenceOptions {
  readonly clock: Clock
  readonly fleet: Pick<Fleet, 'members'>
  readonly share: NonNullable<EvaluationDependencies['share']>
  readonly signal: AbortSignal
  /** It is known when it was heard last. */
  onSeeded(member: Member): void
}

/** Who reported nothing for so long, or for twice as long as makes it silent, is not missed anew. */
const LOOKBACK_MS = 7 * 86_400_000
const FINEST_MS = 60_000

/**
 * When what reports itself was last heard, where that was longer ago than what was read again: a job that runs once a day is missed from its
 * last report on, whatever was restarted since. Of services with one region; those of several are missed from their next report on.
 */
export const seedSilence = async ({ clock, fleet, share, signal, onSeeded }: SeedSilenceOptions): Promise<void> => {
  for (const member of [...fleet.members]) {
    const { plan } = member
    if (plan.isChecked || unheardOf(member) === null) continue
    const heardAt = await lastReport(plan, { clock, share })
    if (signal.aborted) return
    const region = unheardOf(member)
    if (heardAt === null || region === null || member.plan !== plan) continue
    const heardElapsed = clock.monotonic() - Math.max(0, clock.now() - heardAt)
    member.state = { ...member.state, regions: [{ ...region, isArmed: true, heardElapsed }] }
    onSeeded(member)
  }
}

const unheardOf = ({ plan, state: { regions } }: Member): RegionState | null => {
  const [only] = regions
  return plan.service.enabled && regions.length === 1 && only !== undefined && !only.isArmed ? only : null
}

/** Halves the time until it is known well enough: rather later than it was. */
const lastReport = async (
  { team, service, staleAfterMs }: ServicePlan,
  { clock, share }: Pick<SeedSilenceOptions, 'clock' | 'share'>,
): Promise<number | null> => {
  const now = clock.now()
  let from = Math.max(0, now - Math.max(LOOKBACK_MS, 2 * staleAfterMs))
  let to = now
  const isHeard = async (fromMs: number): Promise<boolean> =>
    (await share({ team, service: service.name, fromMs, toMs: to })).total > 0
  if (!(await isHeard(from))) return null
  while (to - from > Math.max(FINEST_MS, staleAfterMs / 30)) {
    const middle = Math.floor((from + to) / 2)
    if (await isHeard(middle)) from = middle
    else to = middle
  }
  return to
}
