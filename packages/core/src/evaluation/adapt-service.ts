import type { IncidentDecision } from '../domain/incident-decision.ts'
import type { Incident } from '../protocol/incidents.ts'
import type { RuleInForce } from '../rules/rule.ts'
import { type Alarm, closedAlarm } from './alarm.ts'
import type { FoldContext } from './fold-context.ts'
import { newRegion, type RegionState } from './region-state.ts'
import type { ServicePlan } from './service-plan.ts'
import { alarmKey, fromAlarmKey, type ServiceState } from './service-state.ts'
import { interruptTrack, type Track, unreadTrack } from './track.ts'

/** How long the end of an incident may take to be known by who reads what is open, in ms. */
const SETTLING_MS = 5_000

type AdaptContext = Pick<FoldContext, 'plan' | 'now' | 'elapsed'>

/**
 * A service or its rules changed. What is open under a rule that still holds stays open; what no longer can be judged is resolved, saying so.
 * After a pause everything is heard anew.
 */
export const adaptService = (
  state: ServiceState,
  before: ServicePlan,
  context: AdaptContext,
): { readonly state: ServiceState; readonly decisions: readonly IncidentDecision[] } => {
  const { plan } = context
  const isResumed = plan.service.enabled && !before.service.enabled
  const kept = new Map(state.regions.map((region) => [region.region, region]))
  const names = regionNames(state, plan)
  const regions = names.map((name) => {
    const region = kept.get(name)
    if (region === undefined) return newRegion(name, context)
    const tracks = plan.rules.map(({ rule }) => carryTrack(region, before, rule))
    return isResumed ? resume({ ...region, tracks }, context) : hurry({ ...region, tracks }, before, context)
  })
  const judged = new Set(
    plan.rules.flatMap(({ rule, quorum }) =>
      quorum === 'region' ? names.map((region) => alarmKey(rule.name, region)) : [alarmKey(rule.name, null)],
    ),
  )
  const gone = [...state.alarms].filter(([key]) => !judged.has(key))
  return {
    state: { ...state, regions, alarms: new Map([...state.alarms].filter(([key]) => judged.has(key))) },
    decisions: resolveAll(gone, { plan, now: context.now, reason: 'The rule does not hold for it any more.' }),
  }
}

/** The service is no more: what is open is resolved, saying why. */
export const dropService = (
  state: ServiceState,
  context: { readonly plan: ServicePlan; readonly now: number; readonly reason: string },
): readonly IncidentDecision[] => resolveAll([...state.alarms], context)

/**
 * An incident that is open, although nothing is known here of how it came: after a takeover, or when storage is back. What was not read yet
 * counts as still so, and everything from before it opened says nothing.
 */
export const adoptIncident = (state: ServiceState, incident: Incident, { plan, now, elapsed }: AdaptContext): ServiceState => {
  const place = plan.rules.findIndex(({ rule }) => rule.name === incident.rule)
  const planned = plan.rules[place]
  if (planned === undefined || (planned.quorum === 'region') !== (incident.region !== null)) return state
  const key = alarmKey(planned.rule.name, incident.region)
  const { phase, since: closedAt } = state.alarms.get(key) ?? closedAlarm
  // That it is over was decided just now, and may be on its way to storage still.
  if (phase !== 'closed' || elapsed - closedAt < SETTLING_MS) return state
  // One that came back is not over by what was seen before that: storage would refuse such an end, and nobody would decide another.
  const openedAt = incident.reopens > 0 ? Math.max(incident.openedAt, incident.updatedAt) : incident.openedAt
  const since = Math.min(elapsed, elapsed - (now - openedAt))
  const isFlapping = incident.isFlapping && planned.flapping !== null
  const alarm: Alarm = {
    phase: isFlapping ? 'flapping' : 'open',
    isOn: true,
    since,
    turns: isFlapping ? [elapsed] : [],
  }
  const regions = state.regions.map((region) => {
    const track = region.tracks[place]
    const isMeant = incident.region === null || incident.region === region.region
    if (!isMeant || track === undefined || track.isRead) return region
    return { ...region, tracks: region.tracks.with(place, { ...track, isOn: true, since }) }
  })
  return { ...state, regions, alarms: new Map([...state.alarms, [key, alarm]]) }
}

/** Numbers may come under a region of their own, as a service's logs do. */
const regionNames = (state: ServiceState, { service }: ServicePlan): readonly string[] => {
  const others = state.regions.filter(({ region, verdictAt }) => verdictAt === null && !service.regions.includes(region))
  return [...service.regions, ...others.map(({ region }) => region)]
}

const carryTrack = (region: RegionState, before: ServicePlan, rule: RuleInForce): Track => {
  const place = before.rules.findIndex((planned) => planned.rule.name === rule.name)
  const track = region.tracks[place]
  if (track === undefined || before.rules[place]?.rule === rule) return track ?? unreadTrack
  // Another condition reads anew, but for what it has to end.
  return track.isOn ? { ...unreadTrack, isOn: true, since: track.since } : unreadTrack
}

/** Who is expected more often from now on has not been silent for long: it was not expected before. */
const hurry = (region: RegionState, before: ServicePlan, { plan, elapsed }: AdaptContext): RegionState =>
  plan.staleAfterMs < before.staleAfterMs && !region.isStale ? { ...region, heardElapsed: elapsed } : region

const resume = (region: RegionState, { elapsed }: AdaptContext): RegionState => ({
  ...region,
  heardElapsed: elapsed,
  isStale: false,
  isInconclusive: false,
  isFlapping: false,
  verdict: null,
  turns: [],
  tracks: region.tracks.map(interruptTrack),
})

const resolveAll = (
  alarms: readonly (readonly [string, Alarm])[],
  { plan, now, reason }: { readonly plan: ServicePlan; readonly now: number; readonly reason: string },
): readonly IncidentDecision[] =>
  alarms
    .filter(([, { phase }]) => phase !== 'closed')
    .map(([key]) => ({
      kind: 'resolve',
      team: plan.team,
      service: plan.service.name,
      ...fromAlarmKey(key),
      at: now,
      reason,
    }))
