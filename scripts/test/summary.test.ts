import { expect, test } from 'vitest'
import type { FinishedStep } from '../checks/run-steps.ts'
import { toStepResult } from '../checks/step.ts'
import { countTotals, toSummary, toTotalsLine } from '../checks/summary.ts'

const steps: readonly FinishedStep[] = [
  { name: 'lint', result: toStepResult([{ name: 'biome' }]), elapsedMs: 900 },
  {
    name: 'tests',
    result: { passed: 40, skipped: 2, failures: [{ name: 'a.test.ts › adds', detail: 'expected 3\nreceived 4' }] },
    elapsedMs: 61_000,
  },
]

test('the last line counts all steps', () => {
  expect(countTotals(steps)).toEqual({ passed: 41, failed: 1, skipped: 2 })
  expect(toSummary(steps).split('\n').at(-1)).toBe('41 passed, 1 failed, 2 skipped')
})

test('what was not skipped is not mentioned', () => {
  expect(toTotalsLine({ passed: 3, failed: 0, skipped: 0 })).toBe('3 passed, 0 failed')
})

test('failures stand before the totals, by name and with their detail', () => {
  const summary = toSummary(steps)
  expect(summary).toContain('✗ tests: a.test.ts › adds\n    expected 3\n    received 4')
  expect(summary.indexOf('a.test.ts')).toBeLessThan(summary.indexOf('41 passed'))
})

test('a detail of thousands of lines is cut', () => {
  const detail = Array.from({ length: 1_000 }, (_, index) => `line ${index}`).join('\n')
  const summary = toSummary([{ name: 'lint', result: toStepResult([{ name: 'biome', fault: detail }]), elapsedMs: 1 }])
  expect(summary).toContain('… 940 more lines')
  expect(summary.split('\n').length).toBeLessThan(80)
})
