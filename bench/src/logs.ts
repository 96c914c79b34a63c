import type { BenchRow } from './bench-row.ts'
import { endChild, startChild } from './child.ts'

interface LogFigures {
  readonly lines: number
  readonly aSecondOfCpu: number
  readonly aSecond: number
  readonly bytesPerLine: number
  readonly searches: readonly { readonly name: string; readonly p95Ms: number; readonly incomplete: number }[]
}

/** Scaled from the 5 million that are promised, so that it ends in minutes; the group `logs-large` measures these. */
const LINES = 100_000

/** Log lines on SQLite: taken in, redacted, indexed, stored, found. */
export const logsBenches = async (): Promise<BenchRow[]> => {
  const { child, message } = await startChild<LogFigures>('./logs-run.ts', [String(LINES)])
  await endChild(child)
  const { lines, aSecondOfCpu, aSecond, bytesPerLine, searches } = message
  const size = `${lines.toLocaleString('en')} lines, of 5 million promised`
  const common = { size, baseline: null, ratio: null }
  return [
    {
      ...common,
      work: 'log ingest on one core',
      unit: 'lines/s of CPU',
      value: aSecondOfCpu,
      reach: '≥ 5,000 lines/s',
      reached: aSecondOfCpu >= 5_000,
      note: `${Math.round(aSecond)} a second of the clock; ${Math.round(bytesPerLine)} bytes a line`,
    },
    ...searches.map(({ name, p95Ms, incomplete }) => ({
      ...common,
      work: `log search: ${name}, p95`,
      unit: 'ms',
      value: p95Ms,
      reach: '< 200 ms',
      reached: p95Ms < 200 && incomplete === 0,
      ...(incomplete === 0 ? {} : { note: `${incomplete} did not see all` }),
    })),
  ]
}
