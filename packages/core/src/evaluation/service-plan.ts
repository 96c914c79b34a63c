import type { Quorum, Service } from '../protocol/services.ts'
import { essentialRules } from '../rules/built-in-rules.ts'
import { compileCondition, type ReadCondition } from '../rules/read-condition.ts'
import type { RuleInForce } from '../rules/rule.ts'
import type { AlarmPolicy } from './alarm.ts'
import type { TrackPolicy } from './track.ts'
import type { FlappingPolicy } from './turns.ts'

/** A rule made ready for one service. */
export interface PlannedRule extends TrackPolicy, AlarmPolicy {
  readonly rule: RuleInForce
  readonly quorum: Quorum | 'region'
  readonly read: ReadCondition
  /** How long nothing may be heard, where the rule is about that; else null. */
  readonly silenceMs: number | null
}

/** A rule about silence, and its place among the plan's rules. */
export interface PlannedSilence {
  readonly place: number
  readonly silenceMs: number
}

/** What a service's samples are judged by. Made anew when the service or the rules change. */
export interface ServicePlan {
  readonly team: string
  readonly service: Service
  readonly rules: readonly PlannedRule[]
  /** Those of the rules that time alone can bring on. */
  readonly silences: readonly PlannedSilence[]
  /** Is it asked, or does it report itself? */
  readonly isChecked: boolean
  /** How long a region may say nothing before it is stale. */
  readonly staleAfterMs: number
}

/** A service that is not heard for so many of its intervals is stale. */
const STALE_INTERVALS = 3
/** What is checked is silent because nobody checks it: whoever takes over from a process that died has so long, in ms. */
const TAKEOVER_MS = 30_000

const staleAfter = ({ intervalMs }: Service, isAsked: boolean): number =>
  Math.max(STALE_INTERVALS * intervalMs, isAsked ? TAKEOVER_MS : 0)

export const defaultFlapping: FlappingPolicy = { turns: 6, withinMs: 600_000 }

/** A service names its rules, or gets all that select it. Two hold in any case: that it is down, and that it is silent. */
const isSelected = (service: Service, rule: RuleInForce): boolean => {
  if (service.rules !== undefined && !service.rules.includes(rule.name) && !essentialRules.has(rule.name)) return false
  const { services, tags } = rule
  if (services === undefined && tags === undefined) return true
  return (services?.includes(service.name) ?? false) || (tags?.some((tag) => service.tags.includes(tag)) ?? false)
}

export type PlanService = (team: string, service: Service, rules: readonly RuleInForce[]) => ServicePlan

/** Plans services. What they have in common is made once for all of them: most are judged by the same rules in the same way. */
export const createServicePlanner = (isChecked: (team: string, service: Service) => boolean): PlanService => {
  const known = new WeakMap<RuleInForce, Map<string, PlannedRule>>()
  let last: Pick<ServicePlan, 'rules' | 'silences'> = { rules: [], silences: [] }

  const plannedOf = (rule: RuleInForce, service: Service, staleAfterMs: number): PlannedRule => {
    const ways = known.get(rule) ?? new Map<string, PlannedRule>()
    known.set(rule, ways)
    const way = `${service.quorum} ${staleAfterMs}`
    const planned = ways.get(way) ?? planRule(rule, service, staleAfterMs)
    ways.set(way, planned)
    return planned
  }

  return (team, service, rules) => {
    const isAsked = isChecked(team, service)
    const staleAfterMs = staleAfter(service, isAsked)
    const planned = rules
      .filter((rule) => rule.enabled && isSelected(service, rule))
      .map((rule) => plannedOf(rule, service, staleAfterMs))
    if (planned.length !== last.rules.length || planned.some((rule, place) => rule !== last.rules[place])) {
      const silences = planned.flatMap(({ silenceMs }, place) => (silenceMs === null ? [] : [{ place, silenceMs }]))
      last = { rules: planned, silences }
    }
    return { team, service, isChecked: isAsked, staleAfterMs, ...last }
  }
}

const planRule = (rule: RuleInForce, service: Service, staleAfterMs: number): PlannedRule => {
  const flapping = rule.flapping === undefined ? defaultFlapping : rule.flapping
  const defaultKeepMs = flapping === null ? 0 : flapping.withinMs / flapping.turns
  return {
    rule,
    read: compileCondition(rule.condition),
    quorum: rule.quorum ?? service.quorum,
    forMs: rule.forMs ?? 0,
    times: rule.times ?? { breaches: 1, of: 1 },
    recoverAfter: rule.recoverAfter ?? 1,
    keepFiringForMs: rule.keepFiringForMs ?? defaultKeepMs,
    flapping,
    silenceMs: rule.condition.kind === 'silence' ? (rule.condition.afterMs ?? staleAfterMs) : null,
  }
}
