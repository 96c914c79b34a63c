import { expect, test } from 'vitest'
import { configRules } from '../../src/rules/config-rules.ts'
import { defineRule } from '../../src/rules/define-rule.ts'
import { rulesConfig } from '../../src/rules/rule-schema.ts'

const faults = (rules: unknown): readonly string[] =>
  (rulesConfig.safeParse(rules).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)

const latency = { severity: 'high', condition: { kind: 'above', value: 'latencyMs', enter: 500, exit: 400 } }
const backlog = defineRule({ name: 'backlog', severity: 'high', condition: () => 'ok' })

test.each([
  ['a whole rule', { slow: latency }],
  ['a rule in code', { backlog }],
  ['a part of a built-in rule', { 'service-down': { keepFiringForMs: 0 } }],
  ['a built-in rule that is off', { 'high-cpu': false }],
  [
    'everything',
    {
      slow: {
        ...latency,
        title: 'Slow',
        services: ['shop'],
        tags: ['web'],
        forMs: 60_000,
        times: { breaches: 3, of: 5 },
        recoverAfter: 2,
        flapping: null,
        quorum: 2,
        enabled: false,
      },
    },
  ],
])('%s is good', (_, rules) => {
  expect(faults(rules)).toEqual([])
})

test('every fault is listed with its path', () => {
  const listed = faults({
    slow: { ...latency, severity: 'huge', forMs: -1, times: { breaches: 4, of: 3 }, quorum: 'most' },
    upside: { severity: 'low', condition: { kind: 'above', value: 'latencyMs', enter: 400, exit: 500 } },
    vague: { severity: 'low', condition: { kind: 'sometimes' } },
    half: { forMs: 5 },
    'bad name': latency,
    mine: false,
    other: backlog,
  })
  expect(listed.map((fault) => fault.split(': ')[0]).sort()).toEqual(
    [
      'slow.severity',
      'slow.forMs',
      'slow.times.breaches',
      'slow.quorum',
      'upside.condition.exit',
      'vague.condition.kind',
      'half.severity',
      'half.condition',
      'bad name',
      'mine',
      'other.name',
    ].sort(),
  )
  for (const fault of listed) expect(fault).toMatch(/: (must|is|Unrecognized)/)
})

test('what cannot hold of silence is refused, of a built-in rule as well', () => {
  const silent = { severity: 'low', condition: { kind: 'silence', afterMs: 60_000 } }
  expect(faults({ quiet: { ...silent, forMs: 0, times: { breaches: 1, of: 1 } } })).toEqual([])
  expect(
    faults({
      quiet: { ...silent, forMs: 60_000, times: { breaches: 2, of: 3 } },
      'heartbeat-missed': { forMs: 1_000 },
      'service-down': { forMs: 1_000 },
    }),
  ).toEqual(
    ['quiet.forMs', 'quiet.times', 'heartbeat-missed.forMs'].map(
      (path) => `${path}: says nothing about silence: give its condition afterMs`,
    ),
  )
})

test('a configuration is laid over the built-in rules: as a whole, in part, or off', () => {
  const rules = configRules({ 'service-down': { keepFiringForMs: 0 }, 'high-cpu': false, backlog })
  expect(rules).toMatchObject([
    {
      name: 'service-down',
      origin: 'config',
      enabled: true,
      severity: 'critical',
      keepFiringForMs: 0,
      condition: { kind: 'verdict' },
    },
    { name: 'high-cpu', enabled: false },
    { name: 'backlog', enabled: true, condition: { kind: 'code' } },
  ])
})
