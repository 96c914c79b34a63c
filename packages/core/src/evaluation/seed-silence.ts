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
 * When what reports itself was last heard from each of its regions, where that was longer ago than what was read again: a job that runs once a
 * day is missed from its last report on, whatever was restarted since.
 */
export const seedSilence = async ({ clock, fleet, share, signal, onSeeded }: SeedSilenceOptions): Promise<void> => {
  for (const member of [...fleet.members]) {
    const { plan } = member
    if (plan.isChecked || !plan.service.enabled) continue
    for (const { region } of member.state.regions.filter(isUnheard)) {
      const heardAt = await lastReport({ plan, region }, { clock, share })
      if (signal.aborted) return
      // Edited or heard meanwhile, it needs no past.
      if (heardAt === null || member.plan !== plan) continue
      const heardElapsed = clock.monotonic() - Math.max(0, clock.now() - heardAt)
      const regions = member.state.regions.map((known) =>
        known.region === region && isUnheard(known) ? { ...known, isArmed: true, heardElapsed } : known,
      )
      member.state = { ...member.state, regions }
      onSeeded(member)
    }
  }
}

const isUnheard = ({ isArmed }: RegionState): boolean => !isArmed

interface Reporter {
  readonly plan: ServicePlan
  readonly region: string
}

/** Halves the time until it is known well enough: rather later than it was. */
const lastReport = async (
  { plan: { team, service, staleAfterMs }, region }: Reporter,
  { clock, share }: Pick<SeedSilenceOptions, 'clock' | 'share'>,
): Promise<number | null> => {
  const now = clock.now()
  let from = Math.max(0, now - Math.max(LOOKBACK_MS, 2 * staleAfterMs))
  let to = now
  const isHeard = async (fromMs: number): Promise<boolean> =>
    (await share({ team, service: service.name, region, fromMs, toMs: to })).total > 0
  if (!(await isHeard(from))) return null
  while (to - from > Math.max(FINEST_MS, staleAfterMs / 30)) {
    const middle = Math.floor((from + to) / 2)
    if (await isHeard(middle)) from = middle
    else to = middle
  }
  return to
}
