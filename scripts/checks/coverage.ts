import { existsSync, readFileSync } from 'node:fs'
import type { Check } from './step.ts'

/** Of core, in per cent, for each of the four measures. */
const CORE_COVERAGE_FLOOR = 80

const MEASURES = ['lines', 'statements', 'functions', 'branches'] as const

type CoverageSummary = {
  readonly total: Readonly<Record<(typeof MEASURES)[number], { readonly pct: number; readonly total: number }>>
}

/** What vitest measured for core, from its `json-summary` report; one check a measure. */
export const checkCoverage = (file: string): readonly Check[] => {
  if (!existsSync(file)) return [{ name: 'coverage of core', fault: `no coverage was measured: there is no ${file}` }]
  const { total }: CoverageSummary = JSON.parse(readFileSync(file, 'utf8'))
  return MEASURES.map((measure) => {
    const { pct, total: counted } = total[measure]
    const reached = counted > 0 && pct >= CORE_COVERAGE_FLOOR
    return {
      name: `coverage of core: ${measure}`,
      fault: reached ? undefined : `${pct} % of ${counted}, not ${CORE_COVERAGE_FLOOR} %`,
    }
  })
}
