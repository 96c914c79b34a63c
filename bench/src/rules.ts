import { createFleet } from '../../packages/core/src/evaluation/fleet.ts'
import { wellMonitor } from '../../packages/core/src/evaluation/monitor-health.ts'
import { builtInRules } from '../../packages/core/src/rules/built-in-rules.ts'
import { toService } from '../../packages/core/src/services/service-record.ts'
import type { BenchRow } from './bench-row.ts'
import { median } from './median.ts'

const SERVICES = 1_000
const ROUNDS = 60
const WARM_UP_ROUNDS = 20
const INTERVAL_MS = 10_000
const rules = builtInRules.filter(({ enabled }) => enabled)
const names = Array.from({ length: SERVICES }, (_, place) => `service-${place}`)

const nanosecondsOf = (work: () => void): number => {
  const start = process.hrtime.bigint()
  work()
  return Number(process.hrtime.bigint() - start) / SERVICES
}

/** The same numbers against the same thresholds, and nothing else. */
const bareLoop = (): (() => number) => {
  const limits = rules.flatMap(({ condition }) =>
    condition.kind === 'above' || condition.kind === 'below' ? [[condition.value, condition.enter] as const] : [],
  )
  return () => {
    let breaches = 0
    for (let place = 0; place < SERVICES; place++) {
      const values: Record<string, number> = { latencyMs: 20 + (place % 7), cpuPercent: 5, statusCode: 200 }
      for (const [name, enter] of limits) {
        const found = values[name]
        if (found !== undefined && found >= enter) breaches++
      }
    }
    return breaches
  }
}

/** What it costs to judge one observation: a round of 1,000 services that are well, by the rules that are on without being asked for. */
export const rulesBenches = async (): Promise<BenchRow[]> => {
  const services = new Map(
    names.map((name) => [name, toService(name, { url: `http://${name}.test/`, intervalMs: INTERVAL_MS }, 'config')]),
  )
  let decisions = 0
  const fleet = createFleet({
    services: () => services,
    rules: () => rules,
    isInMaintenance: () => false,
    onFolded: () => {},
    onDecided: (made) => {
      decisions += made.length
    },
    onDropped: () => {},
  })
  const compare = bareLoop()
  let elapsed = 0
  const round = (): void => {
    elapsed += INTERVAL_MS
    for (const [place, service] of names.entries()) {
      const values = { latencyMs: 20 + (place % 7), cpuPercent: 5, statusCode: 200 }
      fleet.fold(
        { team: 'default', service, region: 'default', at: elapsed, verdict: 'up', values },
        { now: elapsed, elapsed },
        wellMonitor,
      )
    }
  }
  let breaches = 0
  const pairs = Array.from({ length: WARM_UP_ROUNDS + ROUNDS }, () => ({
    value: nanosecondsOf(round),
    baseline: nanosecondsOf(() => {
      breaches += compare()
    }),
  })).slice(WARM_UP_ROUNDS)
  if (decisions > 0 || breaches > 0) throw new Error('Services that are well were judged to be in breach.')
  const value = median(pairs.map((pair) => pair.value))
  return [
    {
      work: 'judge an observation',
      size: `${SERVICES} services, ${rules.length} rules`,
      unit: 'ns',
      value,
      baseline: median(pairs.map((pair) => pair.baseline)),
      ratio: median(pairs.map((pair) => pair.value / pair.baseline)),
      reach: '≤ 5,000 ns',
      reached: value <= 5_000,
      note: 'baseline: the bare loop over the same numbers; 100 observations/s of 1,000 services at 10 s are then ≤ 0.05 % of a core',
    },
  ]
}
