import fc from 'fast-check'
import { expect, test } from 'vitest'
import { wellMonitor } from '../../src/evaluation/monitor-health.ts'
import { builtInRules } from '../../src/rules/built-in-rules.ts'
import { checkedService, type JudgedFleet, judgedFleet, rule, TEAM } from './support/judged-fleet.ts'

type Step =
  | {
      readonly kind: 'observe'
      readonly region: string
      readonly verdict: 'up' | 'degraded' | 'down'
      readonly latencyMs: number | null
      readonly lateMs: number
    }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'maintain' | 'doubt' | 'pause' | 'dropRule'; readonly is: boolean }
  | { readonly kind: 'clock'; readonly ms: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('observe' as const),
      region: fc.constantFrom('eu', 'us', 'ap'),
      verdict: fc.constantFrom('up' as const, 'degraded' as const, 'down' as const),
      latencyMs: fc.option(fc.integer({ min: 400, max: 600 })),
      lateMs: fc.constantFrom(0, 0, 0, 15_000),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1, 10_000, 10_000, 31_000, 700_000) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('maintain' as const, 'doubt' as const, 'pause' as const, 'dropRule' as const),
      is: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clock' as const), ms: fc.constantFrom(-3_600_000, 0, 3_600_000) }) },
)

const rules = [
  ...builtInRules,
  rule({
    name: 'slow',
    severity: 'low',
    quorum: 'region',
    times: { breaches: 2, of: 3 },
    condition: { kind: 'above', value: 'latencyMs', enter: 500, exit: 450 },
  }),
  rule({
    name: 'slow-at-once',
    severity: 'low',
    flapping: null,
    quorum: 'any',
    recoverAfter: 2,
    condition: { kind: 'above', value: 'latencyMs', enter: 500 },
  }),
]

const walk = (judged: JudgedFleet, given: Step): void => {
  switch (given.kind) {
    case 'observe': {
      const { region, verdict, latencyMs, lateMs } = given
      const at = Date.UTC(2026, 0, 1) + judged.steppedMs + judged.elapsed - lateMs
      judged.observe('shop', { region, verdict, at, values: latencyMs === null ? {} : { latencyMs } })
      return
    }
    case 'pass':
      judged.pass(given.ms)
      return
    case 'maintain':
      judged.isMaintained = given.is
      return
    case 'doubt':
      judged.health = given.is
        ? { reason: 'late', doubtUntil: 1e15, wellSince: 1e15 }
        : { ...wellMonitor, wellSince: judged.elapsed }
      return
    case 'pause':
      judged.services = [checkedService('shop', { regions: ['eu', 'us', 'ap'], enabled: !given.is })]
      judged.adapt()
      return
    case 'dropRule':
      judged.rules = given.is ? rules.slice(1) : rules
      judged.adapt()
      return
    case 'clock':
      judged.steppedMs = given.ms
  }
}

const keyOf = ({ rule: name, service, region }: { rule: string; service: string; region: string | null }): string =>
  JSON.stringify([name, service, region])

test('whatever happens: one open incident for a key, nothing opens that must not, and silence resolves nothing', () => {
  let opened = 0
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), (steps) => {
      const judged = judgedFleet([checkedService('shop', { regions: ['eu', 'us', 'ap'] })], rules)
      const open = new Set<string>()
      for (const given of steps) {
        const before = judged.decisions.length
        walk(judged, given)
        const member = judged.fleet.find(TEAM, 'shop')
        const isHeard = member?.state.regions.some(({ isStale, isInconclusive }) => !(isStale || isInconclusive)) ?? false
        for (const decision of judged.decisions.slice(before)) {
          const key = keyOf(decision)
          if (decision.kind === 'open') {
            opened++
            expect(open.has(key)).toBe(false)
            expect(judged.isMaintained).toBe(false)
            expect(judged.health.reason).toBeNull()
            expect(judged.services[0]?.enabled).toBe(true)
            open.add(key)
            continue
          }
          expect(open.has(key)).toBe(true)
          if (decision.kind !== 'resolve') continue
          open.delete(key)
          if (given.kind === 'pass' && decision.rule !== 'heartbeat-missed' && given.ms < 30_000) expect(isHeard).toBe(true)
        }
      }
    }),
    { numRuns: 120 },
  )
  expect(opened).toBeGreaterThan(100)
})

test('with nobody heard any more nothing ends, however long', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
      const judged = judgedFleet([checkedService('shop', { regions: ['eu', 'us', 'ap'] })], rules)
      for (const given of steps) walk(judged, given)
      // Until everybody is stale what was over may still end.
      judged.pass(31_000)
      const before = judged.decisions.length
      judged.pass(86_400_000)
      const ended = judged.decisions
        .slice(before)
        .filter(({ kind, rule: name }) => kind === 'resolve' && name !== 'heartbeat-missed')
      expect(ended).toEqual([])
    }),
    { numRuns: 80 },
  )
})

test('what comes twice changes nothing', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
      const judged = judgedFleet([checkedService('shop', { regions: ['eu', 'us', 'ap'] })], rules)
      for (const given of steps) {
        walk(judged, given)
        if (given.kind !== 'observe') continue
        const before = judged.fleet.find(TEAM, 'shop')?.state
        const decided = judged.decisions.length
        if (given.lateMs > 0) continue
        walk(judged, given)
        expect(judged.decisions).toHaveLength(decided)
        expect(judged.fleet.find(TEAM, 'shop')?.state).toEqual(before)
      }
    }),
    { numRuns: 60 },
  )
})
