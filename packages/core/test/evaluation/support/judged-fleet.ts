import type { IncidentDecision } from '../../../src/domain/incident-decision.ts'
import type { Sample } from '../../../src/domain/sample.ts'
import { createFleet, type Fleet } from '../../../src/evaluation/fleet.ts'
import { type MonitorHealth, wellMonitor } from '../../../src/evaluation/monitor-health.ts'
import type { Service, ServiceSpec } from '../../../src/protocol/services.ts'
import { builtInRules } from '../../../src/rules/built-in-rules.ts'
import type { RuleInForce } from '../../../src/rules/rule.ts'
import { toService } from '../../../src/services/service-record.ts'

export const TEAM = 'default'
const START = Date.UTC(2026, 0, 1)

/** A service as it is entered, checked every 10 s in one region unless it says otherwise. */
export const checkedService = (name: string, spec: ServiceSpec = {}): Service =>
  toService(name, { url: `http://${name}.test/`, intervalMs: 10_000, ...spec }, 'config')

export const rule = (given: Omit<RuleInForce, 'origin' | 'enabled'>): RuleInForce => ({
  ...given,
  origin: 'config',
  enabled: true,
})

/** A fleet whose circumstances a test decides, and what was decided. Everything frozen: folds change nothing in place. */
export interface JudgedFleet {
  readonly fleet: Fleet
  readonly decisions: (IncidentDecision & { readonly elapsed: number })[]
  elapsed: number
  /** How far the wall clock was set away. */
  steppedMs: number
  health: MonitorHealth
  isMaintained: boolean
  services: Service[]
  rules: readonly RuleInForce[]
  /** Passes time, with what falls due at its own time. */
  pass(ms: number): void
  observe(service: string, sample: Partial<Sample>): void
  /** Services or rules were changed. */
  adapt(): void
  /** `kind` of every decision. */
  readonly kinds: string
}

export const judgedFleet = (services: readonly Service[], rules: readonly RuleInForce[] = builtInRules): JudgedFleet => {
  const due = new Map<string, number | null>()
  const fleet = createFleet({
    services: () => new Map(judged.services.map((service) => [service.name, service])),
    rules: () => judged.rules.filter(({ enabled }) => enabled),
    isInMaintenance: () => judged.isMaintained,
    onFolded: ({ plan, state }, { nextDueAt }) => {
      freeze(state)
      due.set(plan.service.name, nextDueAt)
    },
    onDecided: (made) => void judged.decisions.push(...made.map((one) => ({ ...one, elapsed: judged.elapsed }))),
    onDropped: ({ plan }) => void due.delete(plan.service.name),
  })
  const moment = () => ({ now: START + judged.steppedMs + judged.elapsed, elapsed: judged.elapsed })

  const judged: JudgedFleet = {
    fleet,
    decisions: [],
    elapsed: 0,
    steppedMs: 0,
    health: wellMonitor,
    isMaintained: false,
    services: [...services],
    rules,
    pass: (ms) => {
      const end = judged.elapsed + ms
      for (;;) {
        const next = [...due].filter((one): one is [string, number] => one[1] !== null && one[1] <= end)
        const [first] = next.sort((a, b) => a[1] - b[1])
        if (first === undefined) break
        judged.elapsed = Math.max(judged.elapsed, first[1])
        const member = fleet.find(TEAM, first[0])
        if (member !== null) fleet.age(member, moment(), judged.health)
      }
      judged.elapsed = end
    },
    observe: (service, sample) =>
      fleet.fold(
        { team: TEAM, service, region: 'default', at: moment().now, verdict: 'up', values: {}, ...sample },
        moment(),
        judged.health,
      ),
    adapt: () => fleet.adapt(TEAM, null, moment(), judged.health),
    get kinds() {
      return judged.decisions.map(({ kind }) => kind).join(' ')
    },
  }
  judged.adapt()
  return judged
}

const freeze = (value: object): void => {
  if (Object.isFrozen(value)) return
  Object.freeze(value)
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) freeze(inner)
}
