import type { Clock } from '../ports/clock.ts'
import type { EvaluationDependencies } from './evaluation-part.ts'
import type { Fleet, Member } from './fleet.ts'
import type { RegionState } from './region-state.ts'
import type { ServicePlan } from './service-plan.ts'

export interface SeedSilenceOptions {
  readonly clock: Clock
  readonly fleet: Pick<Fleet, 'members' | 'find'>
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
  for (const { plan, state } of [...fleet.members]) {
    for (const { region } of state.regions.filter((known) => isUnheard(known, plan))) {
      const heardAt = await lastReport({ plan, region }, { clock, share })
      if (signal.aborted) return
      // It may have been deleted, edited or heard meanwhile.
      const member = fleet.find(plan.team, plan.service.name)
      const known = member?.state.regions.find((one) => one.region === region)
      if (heardAt === null || member === null || known === undefined || !isUnheard(known, member.plan)) continue
      const heardElapsed = clock.monotonic() - Math.max(0, clock.now() - heardAt)
      const regions = member.state.regions.map((one) => (one === known ? { ...one, isArmed: true, heardElapsed } : one))
      member.state = { ...member.state, regions }
      onSeeded(member)
    }
  }
}

/** It is to report itself, and has not yet. What only brings numbers is no place that it reports from. */
const isUnheard = ({ region, isArmed }: RegionState, { service, isChecked }: ServicePlan): boolean =>
  !isChecked && service.enabled && !isArmed && service.regions.includes(region)

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
