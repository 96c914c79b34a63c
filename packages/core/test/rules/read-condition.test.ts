import { expect, expectTypeOf, test } from 'vitest'
import type { Sample } from '../../src/domain/sample.ts'
import { defineProbe } from '../../src/polling/define-probe.ts'
import { burnFactor, burnWindows, DEFAULT_PERIOD_MS } from '../../src/rules/burn-rate.ts'
import { defineRule } from '../../src/rules/define-rule.ts'
import { compileCondition } from '../../src/rules/read-condition.ts'
import type { RuleInForce } from '../../src/rules/rule.ts'

const sample = (given: Partial<Sample>): Sample => ({
  team: 'default',
  service: 'shop',
  region: 'default',
  at: 0,
  verdict: 'up',
  values: {},
  ...given,
})

const read = (condition: RuleInForce['condition'], given: Partial<Sample>) =>
  compileCondition(condition)(sample(given), 0, undefined).reading

test.each<[RuleInForce['condition'], Partial<Sample>, string | null]>([
  [{ kind: 'verdict', is: 'down' }, { verdict: 'down' }, 'breach'],
  [{ kind: 'verdict', is: 'down' }, { verdict: 'degraded' }, 'ok'],
  [{ kind: 'verdict', is: 'degraded' }, { verdict: 'degraded' }, 'breach'],
  [{ kind: 'verdict', is: 'degraded' }, { verdict: 'down' }, 'breach'],
  [{ kind: 'verdict', is: 'down' }, { verdict: null }, null],
  [{ kind: 'above', value: 'cpuPercent', enter: 90, exit: 80 }, { values: { cpuPercent: 90 } }, 'breach'],
  [{ kind: 'above', value: 'cpuPercent', enter: 90, exit: 80 }, { values: { cpuPercent: 85 } }, 'hold'],
  [{ kind: 'above', value: 'cpuPercent', enter: 90, exit: 80 }, { values: { cpuPercent: 80 } }, 'ok'],
  [{ kind: 'above', value: 'cpuPercent', enter: 90 }, { values: { cpuPercent: 89.9 } }, 'ok'],
  [{ kind: 'above', value: 'cpuPercent', enter: 90 }, { values: { ramPercent: 99 } }, null],
  [{ kind: 'below', value: 'certificateDays', enter: 14, exit: 15 }, { values: { certificateDays: 14 } }, 'breach'],
  [{ kind: 'below', value: 'certificateDays', enter: 14, exit: 15 }, { values: { certificateDays: 14.5 } }, 'hold'],
  [{ kind: 'below', value: 'certificateDays', enter: 14, exit: 15 }, { values: { certificateDays: 80 } }, 'ok'],
  [{ kind: 'silence' }, {}, 'ok'],
  [{ kind: 'silence' }, { verdict: null, values: { logErrors: 1 } }, null],
])('%j reads %j as %s', (condition, given, expected) => {
  expect(read(condition, given)).toBe(expected)
})

const queueDepth = (_queue: { name: string }) =>
  defineProbe({ name: 'queue-depth', collect: async () => ({ status: 'up', metrics: { depth: 3 } }) })

test('a rule in code is typed by its probe, and reads nothing where a number it needs is missing', () => {
  const backlog = defineRule({
    name: 'backlog',
    probe: queueDepth,
    severity: 'high',
    forMs: 60_000,
    condition: ({ depth }) => {
      expectTypeOf(depth).toEqualTypeOf<number>()
      return depth > 500 ? 'breach' : depth < 300 ? 'ok' : 'hold'
    },
  })
  expect(backlog).toMatchObject({ name: 'backlog', severity: 'high', forMs: 60_000, condition: { kind: 'code' } })
  expect([900, 400, 100].map((depth) => read(backlog.condition, { values: { depth } }))).toEqual(['breach', 'hold', 'ok'])
  const careless = defineRule({
    name: 'careless',
    severity: 'low',
    condition: (values) => ((values.depth ?? 0) > 500 ? 'breach' : 'ok'),
  })
  expect(read(careless.condition, { verdict: 'down', values: {} })).toBeNull()
  expect(read(careless.condition, { values: { depth: 1 } })).toBe('ok')
  // @ts-expect-error: the probe has no number of that name
  defineRule({ name: 'x', probe: queueDepth, severity: 'low', condition: (values) => (values.dept > 1 ? 'ok' : 'hold') })
})

test('a condition that throws, or says nothing known, reads nothing', () => {
  const thrower = defineRule({
    name: 'thrower',
    severity: 'low',
    condition: () => {
      throw new Error('mine')
    },
  })
  expect(read(thrower.condition, { values: { depth: 1 } })).toBeNull()
  const vague = defineRule({ name: 'vague', severity: 'low', condition: (() => 'maybe') as never })
  expect(read(vague.condition, { values: { depth: 1 } })).toBeNull()
})

test('burn factors are those of the SRE workbook for 30 days: 14.4, 6 and 1', () => {
  expect(burnWindows.map((window) => Math.round(burnFactor(window, DEFAULT_PERIOD_MS) * 10) / 10)).toEqual([14.4, 6, 1])
})

/** Checks every 20 s: the share that fails in each phase, and for how many minutes. Gives the minute of the first breach, and the last. */
const burn = (phases: readonly { readonly minutes: number; readonly every: number | null }[]) => {
  const condition = compileCondition({ kind: 'burn-rate', objectivePercent: 99.9 })
  let windows: Parameters<typeof condition>[2]
  let check = 0
  const breaches: number[] = []
  for (const { minutes, every } of phases) {
    for (const end = check + minutes * 3; check < end; check++) {
      const at = check * 20_000
      const found = condition(sample({ at, verdict: every !== null && check % every === 0 ? 'down' : 'up' }), at, windows)
      windows = found.windows
      if (found.reading === 'breach') breaches.push(at / 60_000)
    }
  }
  return { first: breaches[0] ?? null, last: breaches.at(-1) ?? null }
}

test('an outage burns the budget of 99.9 % within minutes, and does until the longest short window, six hours, has forgotten it', () => {
  const { first, last } = burn([
    { minutes: 120, every: null },
    { minutes: 30, every: 1 },
    { minutes: 480, every: null },
  ])
  expect(first).toBeGreaterThanOrEqual(120)
  expect(first).toBeLessThan(123)
  expect(last).toBeGreaterThan(150 + 340)
  expect(last).toBeLessThan(150 + 380)
})

test('one failed check in a day burns nothing; little history is no reason to call a budget spent', () => {
  expect(
    burn([
      { minutes: 1_440, every: null },
      { minutes: 1, every: 3 },
      { minutes: 60, every: null },
    ]).first,
  ).toBeNull()
  expect(burn([{ minutes: 1, every: 3 }]).first).toBeNull()
})

test('availability over a window is below its objective until the failures have left it', () => {
  const condition = compileCondition({ kind: 'availability', objectivePercent: 99, windowMs: 600_000 })
  let windows: Parameters<typeof condition>[2]
  const readings: (string | null)[] = []
  for (let check = 0; check < 180; check++) {
    const at = check * 10_000
    const found = condition(sample({ at, verdict: check >= 60 && check < 63 ? 'down' : 'up' }), at, windows)
    windows = found.windows
    readings.push(found.reading)
  }
  expect(readings.indexOf('breach')).toBe(60)
  expect(readings.lastIndexOf('breach')).toBeGreaterThan(115)
  expect(readings.lastIndexOf('breach')).toBeLessThan(126)
  expect(readings.at(-1)).toBe('ok')
})
