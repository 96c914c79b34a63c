import type { IncidentDecision } from '../domain/incident-decision.ts'
import type { Sample } from '../domain/sample.ts'
import { describeBreach } from '../rules/describe-reading.ts'
import { type Alarm, alarmDueAt, closedAlarm, foldAlarm, type Notice, type Signal } from './alarm.ts'
import { judgeQuorum } from './quorum.ts'
import { admitSample, ageRegion, hearSample, newRegion, type RegionState, settleStatus, silentSince, voteOf } from './region-state.ts'
import { serviceStatus } from './service-status.ts'
import type { PlannedRule } from './service-plan.ts'
import { alarmKey, type FoldContext, type ServiceState } from './service-state.ts'
import { steadyAt } from './turns.ts'
import { defaultFlapping } from './service-plan.ts'
import { foldTrack, type Track } from './track.ts'

export interface Fold {
  readonly state: ServiceState
  readonly decisions: readonly IncidentDecision[]
  /** When time alone may change something, by `elapsed`; null where it cannot. */
  readonly nextDueAt: number | null
}

/** While planned work goes on: how soon its end is noticed, in ms. */
const MAINTENANCE_LOOK_MS = 5_000

/**
 * One observation more. What is not newer than what was heard changes nothing; of a paused service nothing is heard; and what looks bad to a
 * monitor that is unwell itself is not judged.
 */
export const foldSample = (state: ServiceState, sample: Sample, context: FoldContext): Fold => {
  const place = state.regions.findIndex(({ region }) => region === sample.region)
  const before = state.regions[place] ?? newRegion(sample.region, context)
  if (!context.plan.service.enabled) return finish(state, null, context)
  const admitted = admitSample(before, sample, context)
  const after = admitted.isNew ? readRules(hearSample(admitted.state, sample, context), sample, context) : admitted.state
  const regions = place === -1 ? [...state.regions, after] : state.regions.with(place, after)
  return finish({ ...state, regions }, admitted.isNew ? sample : null, context)
}

/** Time alone: silence, the end of keeping and of flapping, planned work that begins or ends. */
export const foldTime = (state: ServiceState, context: FoldContext): Fold => finish(state, null, context)

const readRules = (state: RegionState, sample: Sample, { plan, elapsed, isWell }: FoldContext): RegionState => {
  let tracks: Track[] | null = null
  for (const [place, planned] of plan.rules.entries()) {
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
  for (const [place, { silenceMs }] of plan.rules.entries()) {
    const track = state.tracks[place] as Track
    if (silenceMs === null || track.isOn || elapsed - silentSince(state, context) < silenceMs) continue
    tracks ??= [...state.tracks]
    tracks[place] = { ...track, isRead: true, isOn: true, since: elapsed }
  }
  return tracks === null ? state : { ...state, tracks }
}

const finish = (state: ServiceState, sample: Sample | null, context: FoldContext): Fold => {
  const { plan } = context
  const regions = state.regions.map((region) => settleStatus(hearSilence(ageRegion(region, context), context), context))
  const alarms = new Map(state.alarms)
  const decisions: IncidentDecision[] = []
  for (const [place, planned] of plan.rules.entries()) {
    for (const { region, signal } of signalsOf(regions, place, planned)) {
      const key = alarmKey(planned.rule.name, region)
      const before = alarms.get(key) ?? closedAlarm
      const mayOpen = context.isWell && !context.isMaintained && plan.service.enabled
      const { alarm, notices } = foldAlarm(before, { signal, mayOpen, at: context.elapsed }, planned)
      if (alarm !== before) alarms.set(key, alarm)
      for (const notice of notices) decisions.push(toDecision(notice, { planned, region, regions, sample, context }))
    }
  }
  const standings = regions.map(({ status, verdict }) => ({ status, wasDown: verdict === 'down' }))
  const status = serviceStatus(standings, plan.service.quorum)
  const next: ServiceState = {
    regions,
    alarms: isSame(alarms, state.alarms) ? state.alarms : alarms,
    status,
    since: status === state.status ? state.since : context.now,
  }
  return { state: next, decisions, nextDueAt: nextDueAt(next, context) }
}

const isSame = (a: ReadonlyMap<string, Alarm>, b: ReadonlyMap<string, Alarm>): boolean =>
  a.size === b.size && [...a].every(([key, alarm]) => b.get(key) === alarm)

/** One for each region, or one by quorum for the service. */
const signalsOf = (
  regions: readonly RegionState[],
  place: number,
  planned: PlannedRule,
): readonly { readonly region: string | null; readonly signal: Signal }[] => {
  const voteIn = (state: RegionState) => voteOf(state, state.tracks[place] as Track, planned)
  const { quorum } = planned
  if (quorum !== 'region') return [{ region: null, signal: judgeQuorum(regions.map(voteIn), quorum) }]
  return regions.map((state) => ({ region: state.region, signal: judgeQuorum([voteIn(state)], 'all') }))
}

interface NoticeSource {
  readonly planned: PlannedRule
  readonly region: string | null
  readonly regions: readonly RegionState[]
  readonly sample: Sample | null
  readonly context: FoldContext
}

const toDecision = (notice: Notice, { planned, region, regions, sample, context }: NoticeSource): IncidentDecision => {
  const { team, service, rules } = context.plan
  const { rule } = planned
  const key = { team, rule: rule.name, service: service.name, region, at: context.now }
  if (notice === 'resolve') return { ...key, kind: notice, reason: 'It is over.' }
  if (notice === 'flapping') return { ...key, kind: notice, reason: 'It comes and goes.' }
  if (notice === 'steady') return { ...key, kind: notice, reason: 'It stays.' }
  const place = rules.indexOf(planned)
  const affected = regions.filter((state) => state.tracks[place]?.isOn === true)
  const said = sample !== null && affected.some((state) => state.region === sample.region) ? sample : null
  const why = describeBreach(rule, said, affected.find(({ reason }) => reason !== null)?.reason ?? null)
  const where = regions.length > 1 && region === null ? ` (${affected.map((state) => state.region).join(', ')})` : ''
  return {
    ...key,
    kind: notice,
    reason: `${why}${where}`,
    title: `${service.title}: ${rule.title ?? rule.name}${region === null ? '' : ` (${region})`}`,
    severity: rule.severity,
    tags: service.tags,
  }
}

const nextDueAt = ({ regions, alarms }: ServiceState, context: FoldContext): number | null => {
  const { plan, elapsed } = context
  if (!plan.service.enabled) return null
  let due = context.isMaintained || !context.isWell ? elapsed + MAINTENANCE_LOOK_MS : Number.POSITIVE_INFINITY
  const consider = (at: number): void => {
    if (at > elapsed && at < due) due = at
  }
  for (const region of regions) {
    if (region.isFlapping) consider(steadyAt(region.turns, defaultFlapping))
    if (!region.isArmed) continue
    const since = silentSince(region, context)
    if (!region.isStale) consider(since + plan.staleAfterMs)
    for (const [place, { silenceMs }] of plan.rules.entries()) {
      if (silenceMs !== null && region.tracks[place]?.isOn !== true) consider(since + silenceMs)
    }
  }
  if (alarms.size > 0) {
    for (const planned of plan.rules) {
      const keys = planned.quorum === 'region' ? regions.map(({ region }) => region) : [null]
      for (const key of keys) {
        const alarm = alarms.get(alarmKey(planned.rule.name, key))
        const at = alarm === undefined ? null : alarmDueAt(alarm, planned)
        if (at !== null) consider(at)
      }
    }
  }
  return due === Number.POSITIVE_INFINITY ? null : due
}
