import type { Clock } from '../ports/clock.ts'
import { burnWindows } from '../rules/burn-rate.ts'
import { emptyWindows } from '../rules/read-condition.ts'
import type { RuleInForce } from '../rules/rule.ts'
import type { EvaluationDependencies } from './evaluation-part.ts'
import { addOlder, type OlderEvents } from './event-window.ts'
import type { Fleet, Member } from './fleet.ts'
import type { ServiceState } from './service-state.ts'

export interface SeedOptions {
  readonly clock: Clock
  readonly fleet: Pick<Fleet, 'members'>
  readonly share: NonNullable<EvaluationDependencies['share']>
  readonly signal: AbortSignal
}

/** What lies further back than what was read again is asked for in so many parts. */
const PARTS = 12

const spanMsOf = ({ kind, ...condition }: RuleInForce['condition']): number | null => {
  if (kind === 'availability' && 'windowMs' in condition) return condition.windowMs
  return kind === 'burn-rate' ? Math.max(...burnWindows.map(({ longMs }) => longMs)) : null
}

/**
 * What objectives over hours and days have to know from before this process led. It takes its time, while samples are judged: until it is
 * there, the time that is not known counts as good.
 */
export const seedObjectives = async ({ clock, fleet, share, signal }: SeedOptions): Promise<void> => {
  for (const member of [...fleet.members]) {
    for (const [place, { rule }] of member.plan.rules.entries()) {
      const spanMs = spanMsOf(rule.condition)
      if (spanMs === null) continue
      const { plan } = member
      const events = await olderEvents(member, { clock, share, spanMs })
      if (signal.aborted) return
      // A plan made anew meanwhile has its rules elsewhere.
      if (member.plan === plan) member.state = addHistory(member, place, events)
    }
  }
}

const olderEvents = async (
  { plan: { team, service } }: Member,
  { clock, share, spanMs }: Pick<SeedOptions, 'clock' | 'share'> & { readonly spanMs: number },
): Promise<readonly OlderEvents[]> => {
  const now = clock.now()
  const elapsed = clock.monotonic()
  const partMs = spanMs / PARTS
  const events: OlderEvents[] = []
  for (let part = PARTS; part > 0; part--) {
    const fromMs = now - part * partMs
    const { good, total } = await share({ team, service: service.name, fromMs, toMs: fromMs + partMs })
    if (total > 0) events.push({ at: elapsed - (part - 0.5) * partMs, bad: total - good, total })
  }
  return events
}

const addHistory = ({ plan, state }: Member, place: number, events: readonly OlderEvents[]): ServiceState => ({
  ...state,
  regions: state.regions.map((region) => {
    const track = region.tracks[place]
    const condition = plan.rules[place]?.rule.condition
    const windows = track?.windows ?? (condition === undefined ? null : emptyWindows(condition))
    if (track === undefined || windows === null) return region
    // Only the last one, the longest: what is short is known from what was read again.
    const longer = windows.map((window, index) => (index === windows.length - 1 ? addOlder(window, events) : window))
    return { ...region, tracks: region.tracks.with(place, { ...track, windows: longer }) }
  }),
})
