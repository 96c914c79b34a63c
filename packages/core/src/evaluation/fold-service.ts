import type { IncidentDecision } from '../domain/incident-decision.ts'
import type { Sample } from '../domain/sample.ts'
import type { ServiceEvaluation } from '../domain/service-evaluation.ts'
import { type Alarm, closedAlarm, foldAlarm, type Signal } from './alarm.ts'
import type { FoldContext } from './fold-context.ts'
import { nextDueAt } from './next-due.ts'
import { judgeQuorum } from './quorum.ts'
import {
  type Asked,
  admitSample,
  ageRegion,
  hearSample,
  isAwaited,
  newRegion,
  type RegionState,
  settleStatus,
  silentSince,
  toRegionView,
  voteOf,
} from './region-state.ts'
import type { PlannedRule, ServicePlan } from './service-plan.ts'
import { alarmKey, type ServiceState } from './service-state.ts'
import { type RegionStanding, serviceStatus } from './service-status.ts'
import { toDecision } from './to-decision.ts'
import { foldTrack, type Track } from './track.ts'

export interface Fold {
  readonly state: ServiceState
  readonly decisions: readonly IncidentDecision[]
  /** When time alone may change something, by `elapsed`; null where it cannot. */
  readonly nextDueAt: number | null
}

/**
 * One observation more. What is not newer than what was heard changes nothing; of a paused service nothing is heard; and what looks bad to a
 * monitor that is unwell itself is not judged.
 */
export const foldSample = (state: ServiceState, sample: Sample, context: FoldContext): Fold => {
  if (!context.plan.service.enabled) return finish(state, state.regions, { sample: null, context })
  const place = placeOf(sample.region, state.regions)
  const before = state.regions[place] ?? newRegion(sample.region, context)
  const admitted = admitSample(before, sample, context)
  const after = admitted.isNew ? readRules(hearSample(admitted.state, sample, context), sample, context) : admitted.state
  const regions = [...state.regions]
  regions[place] = after
  return finish(state, regions, { sample: admitted.isNew ? sample : null, context })
}

/** Time alone: silence, the end of keeping and of flapping, planned work that begins or ends. */
export const foldTime = (state: ServiceState, context: FoldContext): Fold =>
  finish(state, state.regions, { sample: null, context })

/** Where a region stands, or would. */
const placeOf = (name: string, regions: readonly RegionState[]): number => {
  for (let place = 0; place < regions.length; place++) if (regions[place]?.region === name) return place
  return regions.length
}

const readRules = (state: RegionState, sample: Sample, { plan, elapsed, isWell }: FoldContext): RegionState => {
  let tracks: Track[] | null = null
  for (let place = 0; place < plan.rules.length; place++) {
    const planned = plan.rules[place] as PlannedRule
    const track = state.tracks[place] as Track
    const { reading, windows } = planned.read(sample, elapsed, track.windows)
    if (reading === null || (reading === 'breach' && !isWell)) continue
    const counted = windows === undefined ? track : { ...track, windows }
    const next = foldTrack(counted, reading, elapsed, planned)
    if (next === track) continue
    tracks ??= [...state.tracks]
    tracks[place] = next
  }
  return tracks === null ? state : { ...state, tracks }
}

/** A rule about silence comes on by time; that it is over takes a sample. */
const hearSilence = (state: RegionState, context: FoldContext): RegionState => {
  const { plan, elapsed, isWell } = context
  if (!isWell || !state.isArmed || !plan.service.enabled) return state
  let tracks: Track[] | null = null
  for (const { place, silenceMs } of plan.silences) {
    const track = state.tracks[place] as Track
    if (track.isOn || elapsed - silentSince(state, context) < silenceMs) continue
    tracks ??= [...state.tracks]
    tracks[place] = { ...track, isRead: true, isOn: true, since: elapsed }
  }
  return tracks === null ? state : { ...state, tracks }
}

interface Heard {
  /** What was heard; null: nothing, or nothing new. */
  readonly sample: Sample | null
  readonly context: FoldContext
}

/** From the regions as they were heard: what time makes of them, the alarms and the status. */
const finish = (state: ServiceState, heard: readonly RegionState[], { sample, context }: Heard): Fold => {
  const { plan, elapsed } = context
  const regions = heard.map((region) => settleStatus(hearSilence(ageRegion(region, context), context), context))
  const mayOpen = context.isWell && !context.isMaintained && plan.service.enabled
  const decisions: IncidentDecision[] = []
  let alarms: Map<string, Alarm> | null = null
  for (let place = 0; place < plan.rules.length; place++) {
    // Most rules, most of the time: nothing is on, and nothing was told.
    if (state.alarms.size === 0 && !isOnAnywhere(place, regions)) continue
    const planned = plan.rules[place] as PlannedRule
    for (const region of planned.quorum === 'region' ? regions.map((one) => one.region) : wholeService) {
      const signal = signalOf(regions, { place, planned, region, context })
      const key = alarmKey(planned.rule.name, region)
      const before = state.alarms.get(key) ?? closedAlarm
      const { alarm, notices } = foldAlarm(before, { signal, mayOpen, at: elapsed }, planned)
      if (alarm === before) continue
      alarms ??= new Map(state.alarms)
      alarms.set(key, alarm)
      for (const notice of notices) decisions.push(toDecision(notice, { planned, region, regions, sample, context }))
    }
  }
  const status = serviceStatus(standingsOf(regions, plan), plan.service.quorum)
  const since = status === state.status ? state.since : context.now
  const next: ServiceState = { regions, alarms: alarms ?? state.alarms, status, since }
  return { state: next, decisions, nextDueAt: nextDueAt(next, context) }
}

const wholeService = [null]

/** Of one region, or by quorum of the service. */
const signalOf = (regions: readonly RegionState[], { region, ...asked }: Asked & { readonly region: string | null }): Signal => {
  const voting = region === null ? regions : regions.filter((one) => one.region === region)
  const { quorum } = asked.planned
  return judgeQuorum(
    voting.map((one) => voteOf(one, asked)),
    quorum === 'region' ? 'all' : quorum,
  )
}

const isOnAnywhere = (place: number, regions: readonly RegionState[]): boolean => {
  for (const { tracks } of regions) if (tracks[place]?.isOn) return true
  return false
}

const standingsOf = (regions: readonly RegionState[], plan: ServicePlan): readonly RegionStanding[] => {
  const standings: RegionStanding[] = []
  for (const region of regions) {
    if (!isShown(region, plan)) continue
    standings.push({ status: region.status, wasDown: region.verdict === 'down', isAwaited: isAwaited(region, plan) })
  }
  return standings
}

/** How the service is doing, as it is shown. */
export const toEvaluation = ({ regions, status, since }: ServiceState, plan: ServicePlan): ServiceEvaluation => ({
  status,
  since,
  regions: regions.filter((region) => isShown(region, plan)).map(toRegionView),
})

/** What only brings numbers is no place that the service is seen from. */
const isShown = ({ region, verdictAt }: RegionState, { service }: ServicePlan): boolean =>
  verdictAt !== null || service.regions.includes(region)
