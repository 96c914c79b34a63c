import type { FinishedStep } from './run-steps.ts'

export interface Totals {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export const countTotals = (steps: readonly FinishedStep[]): Totals => ({
  passed: steps.reduce((sum, { result }) => sum + result.passed, 0),
  failed: steps.reduce((sum, { result }) => sum + result.failures.length, 0),
  skipped: steps.reduce((sum, { result }) => sum + result.skipped, 0),
})

/** `2 passed, 0 failed`, and what was skipped where something was. */
export const toTotalsLine = ({ passed, failed, skipped }: Totals): string =>
  `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`

export const toSeconds = (elapsedMs: number): string => `${(elapsedMs / 1000).toFixed(1)} s`

const DETAIL_LINES = 60

const indent = (text: string): string => {
  const lines = text.trimEnd().split('\n')
  const shown =
    lines.length <= DETAIL_LINES ? lines : [...lines.slice(0, DETAIL_LINES), `… ${lines.length - DETAIL_LINES} more lines`]
  return shown.map((line) => `    ${line}`).join('\n')
}

/** What `npm test` closes with: a line a step, every failure with its detail, and the totals as the very last line. */
export const toSummary = (steps: readonly FinishedStep[]): string => {
  const totals = countTotals(steps)
  const table = steps.map(({ name, result, elapsedMs }) => {
    const outcome = toTotalsLine({ passed: result.passed, failed: result.failures.length, skipped: result.skipped })
    return `${result.failures.length === 0 ? '✓' : '✗'} ${name.padEnd(12)} ${outcome.padEnd(24)} ${toSeconds(elapsedMs)}`
  })
  const failures = steps.flatMap(({ name, result }) =>
    result.failures.map((failure) => `✗ ${name}: ${failure.name}\n${indent(failure.detail)}`),
  )
  return [...table, ...(failures.length === 0 ? [] : ['', 'Failures', '', failures.join('\n\n')]), '', toTotalsLine(totals)].join(
    '\n',
  )
}
