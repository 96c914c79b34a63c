import type { IncidentDecision } from '../domain/incident-decision.ts'
import type { Sample, Verdict } from '../domain/sample.ts'
import { createFleet } from '../evaluation/fleet.ts'
import { wellMonitor } from '../evaluation/monitor-health.ts'
import type { RuleSpec } from '../protocol/rules.ts'
import type { Service, ServiceSpec, ServiceStatus } from '../protocol/services.ts'
import type { DefinedRule } from '../rules/define-rule.ts'
import type { RuleInForce } from '../rules/rule.ts'
import { toService } from '../services/service-record.ts'
import { readSeries } from './series.ts'

/** Numbers by name, each as `readSeries` reads it; `up` is the verdict: 1 up, 0.5 degraded, 0 down. Without it a point with any number is up. */
export type RuleSeries = Readonly<Record<string, string>>

/** What should be so at a time, after what was observed then. */
export interface RuleExpectation {
  /** ms from the first observation. */
  readonly atMs: number
  /** Every incident that is open: the rule's name, with its region behind an `@` where it is about one (`slow@eu`). */
  readonly open?: readonly string[]
  /** Of the service as a whole. */
  readonly status?: ServiceStatus
  /** Of regions, by name. */
  readonly regions?: Readonly<Record<string, ServiceStatus>>
  /** Those that are told of as flapping, named as in `open`. */
  readonly flapping?: readonly string[]
}

/** A replay of rules. Times are ms. */
export interface RuleTest {
  readonly rules: readonly (DefinedRule | ({ readonly name: string } & RuleSpec))[]
  /** Of the one region, or of each by its name. */
  readonly series: RuleSeries | Readonly<Record<string, RuleSeries>>
  /** How far the points are apart; also the service's interval. */
  readonly everyMs: number
  /** More of the service than its regions: its quorum, its tags. */
  readonly service?: Omit<ServiceSpec, 'regions' | 'intervalMs' | 'rules'>
  /** Planned work: from when to when. */
  readonly maintenance?: readonly { readonly fromMs: number; readonly toMs: number }[]
  readonly expect: readonly RuleExpectation[]
}

/** What was decided, in its order; `atMs` from the first observation. */
export interface RuleTestResult {
  readonly decisions: readonly (IncidentDecision & { readonly atMs: number })[]
}

const TEAM = 'default'
const START = Date.UTC(2026, 0, 1)
const SERVICE = 'tested'

/**
 * Replays rules against fabricated series, by the very functions that judge what is observed, under a virtual clock: nothing waits, nothing is
 * stored or sent. Throws an `Error` that shows what was and what was expected.
 *
 * @example
 * testRules({ rules: [backlog], everyMs: 15_000, series: { depth: '900x8 400x4 100x3' },
 *   expect: [{ atMs: 45_000, open: [] }, { atMs: 60_000, open: ['backlog'] }] })
 */
export const testRules = (test: RuleTest): RuleTestResult => {
  const regions = toRegions(test.series)
  const rules: readonly RuleInForce[] = test.rules.map((rule) => ({ ...rule, origin: 'config', enabled: true }))
  const service: Service = toService(
    SERVICE,
    { ...test.service, regions: [...regions.keys()], intervalMs: test.everyMs },
    'config',
  )
  const decisions: (IncidentDecision & { atMs: number })[] = []
  const open = new Map<string, 'open' | 'flapping'>()
  let elapsed = 0
  let dueAt: number | null = null

  const fleet = createFleet({
    services: () => new Map([[SERVICE, service]]),
    rules: () => rules,
    isInMaintenance: (_team, _service, at) =>
      (test.maintenance ?? []).some(({ fromMs, toMs }) => at - START >= fromMs && at - START < toMs),
    onFolded: (_member, { nextDueAt }) => {
      dueAt = nextDueAt
    },
    onDecided: (made) => {
      for (const decision of made) {
        decisions.push({ ...decision, atMs: elapsed })
        const name = decision.region === null ? decision.rule : `${decision.rule}@${decision.region}`
        if (decision.kind === 'resolve') open.delete(name)
        else open.set(name, decision.kind === 'flapping' ? 'flapping' : 'open')
      }
    },
    onDropped: () => {},
  })

  const moment = () => ({ now: START + elapsed, elapsed })
  const age = (): void => fleet.adapt(TEAM, null, moment(), wellMonitor)

  /** Up to a time, that included: what falls due before is done at its own time. */
  const passTo = (end: number): void => {
    while (dueAt !== null && dueAt <= end) {
      elapsed = Math.max(elapsed, dueAt)
      age()
    }
    elapsed = end
    age()
  }

  const observe = (place: number): void => {
    for (const [region, points] of regions) {
      const values = Object.entries(points).flatMap(([name, series]): [string, number][] => {
        const value = series[place] ?? null
        return value === null ? [] : [[name, value]]
      })
      if (values.length > 0) fleet.fold(toSample(region, values, START + elapsed), moment(), wellMonitor)
    }
  }

  age()
  const expected = [...test.expect].sort((a, b) => a.atMs - b.atMs)
  const length = Math.max(0, ...[...regions.values()].flatMap((points) => Object.values(points).map((series) => series.length)))
  let place = 0
  for (const expectation of expected) {
    for (; place < length && place * test.everyMs <= expectation.atMs; place++) {
      passTo(place * test.everyMs)
      observe(place)
    }
    passTo(expectation.atMs)
    const state = fleet.find(TEAM, SERVICE)?.state
    check(expectation, {
      open: [...open.keys()].sort(),
      flapping: [...open].flatMap(([name, how]) => (how === 'flapping' ? [name] : [])).sort(),
      status: state?.status ?? 'waiting',
      regions: Object.fromEntries((state?.regions ?? []).map((region) => [region.region, region.status])),
    })
  }
  return { decisions }
}

type Regions = ReadonlyMap<string, Readonly<Record<string, readonly (number | null)[]>>>

const toRegions = (series: RuleTest['series']): Regions => {
  const isOneRegion = Object.values(series).some((value) => typeof value === 'string')
  const byRegion = (isOneRegion ? { default: series } : series) as Readonly<Record<string, RuleSeries>>
  return new Map(
    Object.entries(byRegion).map(([region, values]) => [
      region,
      Object.fromEntries(Object.entries(values).map(([name, text]) => [name, readSeries(text)])),
    ]),
  )
}

const toSample = (region: string, values: readonly (readonly [string, number])[], at: number): Sample => {
  const { up = 1, ...numbers } = Object.fromEntries(values)
  const verdict: Verdict = up >= 1 ? 'up' : up > 0 ? 'degraded' : 'down'
  return { team: TEAM, service: SERVICE, region, at, verdict, values: numbers }
}

interface Found extends Required<Omit<RuleExpectation, 'atMs'>> {}

const spell = (value: unknown): string => {
  if (Array.isArray(value)) return value.length === 0 ? '(none)' : [...value].sort().join(', ')
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([name, status]) => `${name} ${status}`)
      .join(', ')
  return String(value)
}

/** Only what the expectation names. */
const check = ({ atMs, ...expected }: RuleExpectation, found: Found): void => {
  const rows = (Object.keys(expected) as (keyof Found)[]).map((name) => {
    const wanted = expected[name]
    const regions = Object.keys(expected.regions ?? {})
    const was =
      name === 'regions' ? Object.fromEntries(regions.map((region) => [region, found.regions[region] ?? 'unknown'])) : found[name]
    return { name, was: spell(was), wanted: spell(wanted) }
  })
  if (rows.every(({ was, wanted }) => was === wanted)) return
  const width = Math.max(8, ...rows.map(({ was }) => was.length))
  const table = rows.map(
    ({ name, was, wanted }) => `${was === wanted ? ' ' : '✗'} ${name.padEnd(9)} ${was.padEnd(width)}  ${wanted}`,
  )
  throw new Error(`At ${atMs} ms:\n  ${''.padEnd(9)} ${'was'.padEnd(width)}  expected\n${table.join('\n')}`)
}
