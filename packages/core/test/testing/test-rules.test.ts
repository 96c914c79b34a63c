import { expect, test } from 'vitest'
import { defineProbe } from '../../src/polling/define-probe.ts'
import { defineRule } from '../../src/rules/define-rule.ts'
import { readSeries } from '../../src/testing/series.ts'
import { testRules } from '../../src/testing/test-rules.ts'

const queueDepth = () => defineProbe({ name: 'queue-depth', collect: () => ({ status: 'up', metrics: { depth: 1 } }) })
const backlog = defineRule({
  name: 'backlog',
  probe: queueDepth,
  severity: 'high',
  forMs: 60_000,
  keepFiringForMs: 0,
  condition: ({ depth }) => (depth > 500 ? 'breach' : depth < 300 ? 'ok' : 'hold'),
})

test('series: repeats, gaps and lines', () => {
  expect(readSeries('900x2 400 _x2 0+10x3 5-2.5x2 -1x2')).toEqual([900, 900, 400, null, null, 0, 10, 20, 30, 5, 2.5, 0, -1, -1])
  expect(readSeries('')).toEqual([])
  for (const wrong of ['900y8', 'x8', '1+x3', '1x2000000']) expect(() => readSeries(wrong)).toThrow(JSON.stringify(wrong))
})

test('a rule is replayed as it is judged', () => {
  const { decisions } = testRules({
    rules: [backlog],
    everyMs: 15_000,
    series: { depth: '900x8 400x4 100x3' },
    expect: [
      { atMs: 59_999, open: [] },
      { atMs: 60_000, open: ['backlog'] },
      { atMs: 179_999, open: ['backlog'] },
      { atMs: 180_000, open: [] },
    ],
  })
  expect(decisions.map(({ kind, atMs }) => [kind, atMs])).toEqual([
    ['open', 60_000],
    ['resolve', 180_000],
  ])
})

test('gaps are silence: stale, and no recovery', () => {
  testRules({
    rules: [{ name: 'down', severity: 'critical', condition: { kind: 'verdict', is: 'down' } }],
    everyMs: 10_000,
    series: { up: '1x2 0x2 _x6 1x12' },
    expect: [
      { atMs: 20_000, open: ['down'], status: 'down' },
      { atMs: 90_000, open: ['down'], status: 'stale' },
      { atMs: 100_000, open: ['down'], status: 'up' },
      { atMs: 200_000, open: [], status: 'up' },
    ],
  })
})

test('regions, quorum, maintenance and flapping', () => {
  const down = { name: 'down', severity: 'critical', condition: { kind: 'verdict', is: 'down' } } as const
  testRules({
    rules: [{ ...down, quorum: 'region', keepFiringForMs: 0, flapping: null }],
    everyMs: 10_000,
    series: { eu: { up: '1 0x3 1x3' }, us: { up: '1x4 0x3' } },
    expect: [
      { atMs: 10_000, open: ['down@eu'], status: 'degraded', regions: { eu: 'down', us: 'up' } },
      { atMs: 40_000, open: ['down@us'] },
    ],
  })
  testRules({
    rules: [down],
    everyMs: 10_000,
    series: { up: '1 0x10' },
    maintenance: [{ fromMs: 5_000, toMs: 60_000 }],
    expect: [
      { atMs: 50_000, open: [], status: 'maintenance' },
      { atMs: 70_000, open: ['down'], status: 'down' },
    ],
  })
  testRules({
    rules: [down],
    everyMs: 10_000,
    series: { up: '1 0 1 0 1 0 1 0 1x70' },
    expect: [
      { atMs: 80_000, open: ['down'], flapping: ['down'], status: 'flapping' },
      { atMs: 780_000, open: [], status: 'up' },
    ],
  })
})

test('what does not fit is shown beside what was expected', () => {
  const wrong = () =>
    testRules({
      rules: [backlog],
      everyMs: 15_000,
      series: { depth: '900x8' },
      expect: [{ atMs: 30_000, open: ['backlog'], status: 'up' }],
    })
  expect(wrong).toThrowErrorMatchingInlineSnapshot(`
    [Error: At 30000 ms:
                was       expected
    ✗ open      (none)    backlog
      status    up        up]
  `)
})
