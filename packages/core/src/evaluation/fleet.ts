import type { IncidentDecision } from '../domain/incident-decision.ts'
import type { Sample } from '../domain/sample.ts'
import type { Incident } from '../protocol/incidents.ts'
import type { Service } from '../protocol/services.ts'
import type { RuleInForce } from '../rules/rule.ts'
import { isChecked } from '../services/service-record.ts'
import { adaptService, adoptIncident, dropService } from './adapt-service.ts'
import type { FoldContext } from './fold-context.ts'
import { type Fold, foldSample, foldTime } from './fold-service.ts'
import type { MonitorHealth } from './monitor-health.ts'
import { createServicePlanner, type ServicePlan } from './service-plan.ts'
import { newServiceState, type ServiceState } from './service-state.ts'

/** One service as it stands. */
export interface Member {
  plan: ServicePlan
  state: ServiceState
  /** What the plan was made from, beside the service. */
  rules: readonly RuleInForce[]
}

/** `now` in ms since the Unix epoch, `elapsed` in ms of a clock that never steps. */
export interface Moment {
  readonly now: number
  readonly elapsed: number
}

export interface FleetOptions {
  services(team: string): ReadonlyMap<string, Service>
  /** Is it asked, or does it report itself? Default: what its record says, which knows of no check by code. */
  isChecked?(team: string, service: Service): boolean
  rules(team: string): readonly RuleInForce[]
  isInMaintenance(team: string, service: Pick<Service, 'name' | 'tags'>, at: number): boolean
  /** A member was folded. `isNews`: it was observed or entered anew, or something that is shown is another. */
  onFolded(member: Member, fold: Fold, isNews: boolean): void
  onDecided(decisions: readonly IncidentDecision[]): void
  onDropped(member: Member): void
}

/** The services of all teams as they stand: who leads has one. Synchronous, and without a clock of its own. */
export interface Fleet {
  readonly members: Iterable<Member>
  find(team: string, service: string): Member | null
  fold(sample: Sample, moment: Moment, health: MonitorHealth): void
  age(member: Member, moment: Moment, health: MonitorHealth): void
  /** Brings a team, or one service of it, to how it is entered now. */
  adapt(team: string, service: string | null, moment: Moment, health: MonitorHealth): void
  adopt(incident: Incident, team: string, moment: Moment): Member | null
  /** The name of a service this one depends on, directly or not, that is down. */
  heldBy(team: string, service: string): string | null
}

export const createFleet = (options: FleetOptions): Fleet => {
  const planService = createServicePlanner(options.isChecked ?? ((_team, service) => isChecked(service)))
  /** By team, then by service. */
  const teams = new Map<string, Map<string, Member>>()

  const find = (team: string, service: string): Member | undefined => teams.get(team)?.get(service)

  /** All that it needs, at any distance, the nearest first; itself as well where a ring leads back to it. */
  const parentsOf = (team: string, service: string): ReadonlySet<string> => {
    const parents = new Set(find(team, service)?.plan.service.dependsOn)
    // What is added meanwhile is gone through as well.
    for (const name of parents) for (const next of find(team, name)?.plan.service.dependsOn ?? []) parents.add(next)
    return parents
  }

  const contextOf = ({ plan }: Pick<Member, 'plan'>, { now, elapsed }: Moment, health: MonitorHealth): FoldContext => ({
    plan,
    now,
    elapsed,
    isMaintained: options.isInMaintenance(plan.team, plan.service, now),
    isWell: health.reason === null,
    wellSince: health.wellSince,
    monitorReason: health.reason,
  })

  const take = (member: Member, fold: Fold, isAnew: boolean): void => {
    const before = member.state
    member.state = fold.state
    options.onFolded(member, fold, isAnew || before.status !== fold.state.status || !hasSameStatuses(before, fold.state))
    if (fold.decisions.length > 0) options.onDecided(fold.decisions)
  }

  const add = (team: string, service: Service, moment: Moment): Member => {
    const rules = options.rules(team)
    const plan = planService(team, service, rules)
    const member: Member = { plan, state: newServiceState({ plan, elapsed: moment.elapsed }), rules }
    const members = teams.get(team) ?? new Map<string, Member>()
    teams.set(team, members.set(service.name, member))
    return member
  }

  const demand = (team: string, name: string, moment: Moment): Member | null => {
    const found = find(team, name)
    if (found !== undefined) return found
    const service = options.services(team).get(name)
    return service === undefined ? null : add(team, service, moment)
  }

  const age = (member: Member, moment: Moment, health: MonitorHealth): void =>
    take(member, foldTime(member.state, contextOf(member, moment, health)), false)

  const drop = (member: Member, now: number): void => {
    const { team, service } = member.plan
    teams.get(team)?.delete(service.name)
    const decisions = dropService(member.state, { plan: member.plan, now, reason: 'The service was deleted.' })
    options.onDropped(member)
    if (decisions.length > 0) options.onDecided(decisions)
  }

  const renew = (member: Member, service: Service, moment: Moment): void => {
    const rules = options.rules(member.plan.team)
    if (member.plan.service === service && member.rules === rules) return
    const before = member.plan
    member.plan = planService(before.team, service, rules)
    member.rules = rules
    const adapted = adaptService(member.state, before, { plan: member.plan, ...moment })
    member.state = adapted.state
    if (adapted.decisions.length > 0) options.onDecided(adapted.decisions)
  }

  return {
    get members() {
      return membersOf(teams)
    },
    find: (team, service) => find(team, service) ?? null,
    fold: (sample, moment, health) => {
      const member = demand(sample.team, sample.service, moment)
      if (member === null) return
      const context = contextOf(member, moment, health)
      const { doubt } = sample
      const believed = doubt === undefined ? context : { ...context, isWell: false, monitorReason: doubt }
      take(member, foldSample(member.state, sample, believed), true)
    },
    age,
    adapt: (team, name, moment, health) => {
      const services = options.services(team)
      for (const [known, member] of teams.get(team) ?? []) {
        if ((name === null || known === name) && !services.has(known)) drop(member, moment.now)
      }
      for (const service of services.values()) {
        if (name !== null && service.name !== name) continue
        const known = find(team, service.name)
        if (known !== undefined) renew(known, service, moment)
        const member = known ?? add(team, service, moment)
        take(member, foldTime(member.state, contextOf(member, moment, health)), true)
      }
    },
    adopt: (incident, team, moment) => {
      const member = incident.service === null ? null : demand(team, incident.service, moment)
      if (member !== null) member.state = adoptIncident(member.state, incident, { plan: member.plan, ...moment })
      return member
    },
    heldBy: (team, service) => {
      const isDown = (name: string): boolean => find(team, name)?.state.status === 'down'
      // Those that need each other, and are down, would all wait for the others to be told.
      const isInRing = (parent: string): boolean => isDown(service) && parentsOf(team, parent).has(service)
      for (const parent of parentsOf(team, service)) if (isDown(parent) && !isInRing(parent)) return parent
      return null
    },
  }
}

function* membersOf(teams: ReadonlyMap<string, ReadonlyMap<string, Member>>): Iterable<Member> {
  for (const members of teams.values()) yield* members.values()
}

const hasSameStatuses = (before: ServiceState, after: ServiceState): boolean =>
  before.regions.length === after.regions.length &&
  before.regions.every(({ status }, place) => status === after.regions[place]?.status)
