import type { BenchRow } from './bench-row.ts'
import { endChild, startChild } from './child.ts'
import { quantile } from './median.ts'
import { startBenchPostgres } from './postgres-server.ts'

const DECISIONS = 120
const LONGEST_MS = 1_000

interface Measured {
  readonly shownMs: readonly number[]
  readonly toldMs: readonly number[]
}

/** From the check that decides until an incident is shown and told, with storage there and away. */
export const decisionsBenches = async (): Promise<BenchRow[]> => {
  const postgres = await startBenchPostgres()
  if (postgres === null) return []
  try {
    const { child, message } = await startChild<Readonly<Record<'reached' | 'refuses' | 'hangs', Measured>>>(
      './decisions-run.ts',
      [postgres.url, String(DECISIONS)],
    )
    await endChild(child)
    const p99 = (values: readonly number[]): number => quantile(values, 0.99)
    return (['refuses', 'hangs'] as const).flatMap((way) =>
      (['shownMs', 'toldMs'] as const).map((what): BenchRow => {
        const [value, baseline] = [p99(message[way][what]), p99(message.reached[what])]
        return {
          work: `deciding check → incident ${what === 'shownMs' ? 'shown' : 'told'}, PostgreSQL ${way}`,
          size: `${DECISIONS} decisions`,
          unit: 'ms',
          value,
          baseline,
          ratio: value / baseline,
          reach: '< 1 s (p99)',
          reached: value < LONGEST_MS,
          note: 'baseline: with PostgreSQL there',
        }
      }),
    )
  } finally {
    await postgres.stop()
  }
}
