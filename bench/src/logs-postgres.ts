import type { BenchRow } from './bench-row.ts'
import { endChild, startChild } from './child.ts'
import type { LargeLogFigures } from './logs-large.ts'
import { startBenchPostgres } from './postgres-server.ts'

const LINES = 500_000
const LIVE_SECONDS = 20

const measure = async (url?: string): Promise<LargeLogFigures> => {
  const args = [String(LINES), String(LIVE_SECONDS), ...(url === undefined ? [] : [url])]
  const { child, message } = await startChild<LargeLogFigures>('./logs-large-run.ts', args)
  await endChild(child)
  return message
}

/** The same log lines on PostgreSQL, beside SQLite; about ten minutes. Only where there is a PostgreSQL. */
export const logsPostgresBenches = async (): Promise<BenchRow[]> => {
  const server = await startBenchPostgres()
  if (server === null) return []
  try {
    const [onPostgres, onSqlite] = [await measure(server.url), await measure()]
    const row = (
      work: string,
      unit: string,
      of: (figures: LargeLogFigures) => number,
      isReached: (value: number) => boolean,
      reach: string,
    ): BenchRow => {
      const [value, baseline] = [of(onPostgres), of(onSqlite)]
      return {
        work,
        size: `${LINES.toLocaleString('en')} lines on PostgreSQL, beside SQLite`,
        unit,
        value,
        baseline,
        ratio: value / baseline,
        reach,
        reached: isReached(value),
      }
    }
    const isUnder200 = (value: number): boolean => value < 200
    const isFast = (value: number): boolean => value >= 5_000
    return [
      row('log ingest, the last fifth', 'lines/s', ({ parts }) => parts.at(-1)?.aSecond ?? 0, isFast, '≥ 5,000 lines/s'),
      row(
        'log ingest, the last fifth, CPU of the process',
        'lines/s of CPU',
        ({ parts }) => parts.at(-1)?.aSecondOfCpu ?? 0,
        isFast,
        '≥ 5,000 lines/s',
      ),
      row('log searches of 28 kinds at 5,000 lines/s, p95', 'ms', ({ live }) => live.p95Ms, isUnder200, '< 200 ms'),
      row('log searches of 28 kinds, afterwards, p95', 'ms', ({ afterP95Ms }) => afterP95Ms, isUnder200, '< 200 ms'),
    ]
  } finally {
    await server.stop()
  }
}
