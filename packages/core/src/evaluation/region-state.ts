import type { Sample, Verdict } from '../domain/sample.ts'
import type { ServiceRegionView, ServiceStatus } from '../protocol/services.ts'
import type { FoldContext } from './fold-context.ts'
import type { Vote } from './quorum.ts'
import type { PlannedRule, ServicePlan } from './service-plan.ts'
import { defaultFlapping } from './service-plan.ts'
import { interruptTrack, type Track, unreadTrack } from './track.ts'
import { addTurn, isTurningOften, noTurns, steadyAt, type Turns } from './turns.ts'

/**
 * What is known of a service in one region. `At` are ms since the Unix epoch, by the observer's clock; `Elapsed` are ms of this process's
 * clock that never steps.
 */
export interface RegionState {
  readonly region: string
  /** Of the last sample with a verdict, and of the last without: they come from different sources. Order is judged by them. */
  readonly verdictAt: number | null
  readonly numbersAt: number | null
  readonly numbersElapsed: number
  /** Of the last sample that was too old to count: where more follow it, the observer's clock was set back. */
  readonly lateAt: number | null
  readonly heardElapsed: number
  readonly isArmed: boolean
  readonly isStale: boolean
  readonly isInconclusive: boolean
  /** The last one that counted. */
  readonly verdict: Verdict | null
  /** What was seen last, counted or not. */
  readonly wasBad: boolean
  readonly latencyMs: number | null
  readonly reason: string | null
  readonly turns: Turns
  readonly isFlapping: boolean
  readonly status: ServiceStatus
  readonly since: number | null
  /** In the order of the plan's rules. */
  readonly tracks: readonly Track[]
}

export const newRegion = (region: string, { elapsed, plan }: Pick<FoldContext, 'elapsed' | 'plan'>): RegionState => ({
  region,
  verdictAt: null,
  numbersAt: null,
  numbersElapsed: elapsed,
  lateAt: null,
  heardElapsed: elapsed,
  // What reports itself is missed from its first report on; what is checked, from the start.
  isArmed: plan.isChecked && plan.service.regions.includes(region),
  isStale: false,
  isInconclusive: false,
  verdict: null,
  wasBad: false,
  latencyMs: null,
  reason: null,
  turns: noTurns,
  isFlapping: false,
  status: plan.service.enabled ? 'waiting' : 'paused',
  since: null,
  tracks: plan.rules.map(() => unreadTrack),
})

/** Is it newer than what was heard? A clock that was set back is believed from the second sample on that arrives in its turn. */
export const admitSample = (
  state: RegionState,
  sample: Sample,
  { elapsed, plan }: FoldContext,
): { readonly isNew: boolean; readonly state: RegionState } => {
  const isOfNumbers = sample.verdict === null
  const lastAt = isOfNumbers ? state.numbersAt : state.verdictAt
  const lastElapsed = isOfNumbers ? state.numbersElapsed : state.heardElapsed
  if (lastAt === null || sample.at > lastAt) return { isNew: true, state }
  if (sample.at === lastAt) return { isNew: false, state }
  const hasFollowed = state.lateAt !== null && sample.at > state.lateAt
  if (hasFollowed && elapsed - lastElapsed >= plan.service.intervalMs) return { isNew: true, state }
  return { isNew: false, state: { ...state, lateAt: sample.at } }
}

/** What the region knows of itself after a sample, its rules apart. */
export const hearSample = (state: RegionState, sample: Sample, context: FoldContext): RegionState => {
  const { verdict, at, values, reason } = sample
  if (verdict === null) return { ...state, numbersAt: at, lateAt: null }
  const { elapsed, isWell, plan } = context
  const isBad = verdict !== 'up'
  const isInconclusive = isBad && !isWell
  const isGap = elapsed - state.heardElapsed > plan.staleAfterMs
  const isTurn = !isInconclusive && state.verdict !== null && (state.verdict === 'down') !== (verdict === 'down')
  const turns = isTurn ? addTurn(state.turns, elapsed, defaultFlapping) : state.turns
  const bad = isInconclusive ? (context.monitorReason ?? reason) : reason
  return {
    ...state,
    verdictAt: at,
    lateAt: null,
    heardElapsed: elapsed,
    isArmed: true,
    isStale: false,
    isInconclusive,
    verdict: isInconclusive ? state.verdict : verdict,
    wasBad: isBad,
    latencyMs: values.latencyMs ?? state.latencyMs,
    reason: isBad ? (bad ?? null) : null,
    turns,
    isFlapping: state.isFlapping || (isTurn && isTurningOften(turns, elapsed, defaultFlapping)),
    tracks: isGap ? state.tracks.map(interruptTrack) : state.tracks,
  }
}

/** What reports itself, however seldom, is silent that long after the monitor began to listen at the earliest. */
const LISTEN_MS = 60_000

/**
 * Since when nothing is heard, for all that it means. From before the monitor was well, or was there at all, it means nothing: what is checked
 * was not checked then. A report that is expected once a day may have come to nobody; it is waited for again, but not for days.
 */
export const silentSince = (
  { heardElapsed }: RegionState,
  { wellSince, plan }: Pick<FoldContext, 'wellSince' | 'plan'>,
): number => {
  if (wellSince <= heardElapsed) return heardElapsed
  const beforeMs = plan.isChecked ? 0 : Math.max(0, plan.staleAfterMs - LISTEN_MS)
  return Math.max(heardElapsed, wellSince - beforeMs)
}

/** What time alone changes: it may have become stale, or steady. */
export const ageRegion = (state: RegionState, context: FoldContext): RegionState => {
  const { elapsed, isWell, plan } = context
  const isStale = state.isStale || (isWell && state.isArmed && elapsed - silentSince(state, context) >= plan.staleAfterMs)
  const isFlapping = state.isFlapping && elapsed < steadyAt(state.turns, defaultFlapping)
  if (isStale === state.isStale && isFlapping === state.isFlapping) return state
  return { ...state, isStale, isFlapping, turns: state.isFlapping && !isFlapping ? noTurns : state.turns }
}

const statusOf = (state: RegionState, { plan, isMaintained }: FoldContext): ServiceStatus => {
  if (!plan.service.enabled) return 'paused'
  if (isMaintained) return 'maintenance'
  if (state.isStale) return 'stale'
  if (state.isInconclusive) return 'inconclusive'
  if (state.isFlapping) return 'flapping'
  return state.verdict ?? 'waiting'
}

export const settleStatus = (state: RegionState, context: FoldContext): RegionState => {
  const status = statusOf(state, context)
  return status === state.status ? state : { ...state, status, since: context.now }
}

/** It is checked, and its first check is still to come. */
export const isAwaited = ({ isArmed, verdictAt, isStale }: RegionState, { isChecked }: ServicePlan): boolean =>
  isChecked && isArmed && verdictAt === null && !isStale

/** What a region is asked about: a rule, and its place in the plan. */
export interface Asked {
  readonly place: number
  readonly planned: PlannedRule
  readonly context: FoldContext
}

/** What it says of a rule. A rule about silence hears silence. */
export const voteOf = (state: RegionState, { place, planned, context }: Asked): Vote => {
  const { isOn, isRead } = state.tracks[place] ?? unreadTrack
  const isHeard = planned.silenceMs !== null || (!state.isStale && !state.isInconclusive && isFresh(state, context))
  return { isOn, isKnown: isRead || isOn, isHeard, isAwaited: isAwaited(state, context.plan) }
}

/** Also while the monitor is unwell, and for what brings numbers alone: neither is ever stale. */
const isFresh = ({ heardElapsed, numbersElapsed }: RegionState, { elapsed, plan }: FoldContext): boolean =>
  elapsed - Math.max(heardElapsed, numbersElapsed) <= plan.staleAfterMs

export const toRegionView = (state: RegionState): ServiceRegionView => ({
  region: state.region,
  status: state.status,
  since: state.since,
  checkedAt: state.verdictAt,
  latencyMs: state.latencyMs,
  reason: state.isStale ? 'Nothing is heard any more.' : state.reason,
})
