import type { SnapshotWrite, StorageDriver, Version } from '@sightline/core/ports'
import type { BenchRow } from './bench-row.ts'
import { median, quantile } from './median.ts'

/** Two ways to do the same. */
export interface Contest {
  readonly work: (round: number) => Promise<void>
  readonly baseline: (round: number) => Promise<void>
  readonly rounds: number
}

export interface Contested {
  /** ms of each round. */
  readonly work: readonly number[]
  readonly baseline: readonly number[]
}

/** What a process does all day its compiler has long known, and SQLite's log is no file that still grows: that takes twice as long to be on the disk. */
const warmUpRounds = 1_200

/** Both in turn, in alternating order, so that what slows the machine slows both. */
export const contest = async ({ work, baseline, rounds }: Contest): Promise<Contested> => {
  const times: { readonly work: number[]; readonly baseline: number[] } = { work: [], baseline: [] }
  const timed = async (name: keyof Contested, call: (round: number) => Promise<void>, round: number): Promise<void> => {
    const begunAt = performance.now()
    await call(round)
    if (round >= warmUpRounds) times[name].push(performance.now() - begunAt)
  }
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    if (round % 2 === 0) await timed('work', work, round)
    await timed('baseline', baseline, round)
    if (round % 2 === 1) await timed('work', work, round)
  }
  return times
}

interface PairRow extends Pick<BenchRow, 'work' | 'size' | 'note'> {
  readonly times: Contested
}

/** µs for each of `count`; the ratio is the median of those of the rounds. */
export const costRow = ({
  times,
  count,
  most,
  ...row
}: PairRow & { readonly count: number; readonly most: number }): BenchRow => {
  const ratio = median(times.work.map((each, round) => each / (times.baseline[round] as number)))
  return {
    ...row,
    unit: 'µs',
    value: (median(times.work) * 1_000) / count,
    baseline: (median(times.baseline) * 1_000) / count,
    ratio,
    reach: `≤ ${most}×`,
    reached: ratio <= most,
  }
}

/** Rows a second; the ratio is the median of those of the rounds. */
export const rateRow = ({
  times,
  count,
  least,
  ...row
}: PairRow & { readonly count: number; readonly least: number }): BenchRow => {
  const ratio = median(times.work.map((each, round) => (times.baseline[round] as number) / each))
  return {
    ...row,
    unit: '/s',
    value: (count / median(times.work)) * 1_000,
    baseline: (count / median(times.baseline)) * 1_000,
    ratio,
    reach: `≥ ${least}×`,
    reached: ratio >= least,
  }
}

/** The slowest of a hundred, in ms. */
export const tailRow = ({ times, most, ...row }: PairRow & { readonly most: number }): BenchRow => {
  const value = quantile(times.work, 0.99)
  const baseline = quantile(times.baseline, 0.99)
  return { ...row, unit: 'ms', value, baseline, ratio: value / baseline, reach: `≤ ${most}×`, reached: value / baseline <= most }
}

/** Two kilobytes, as a status document has. */
export const documentText = JSON.stringify({
  status: 'ok',
  hosts: Array.from({ length: 40 }, (_, index) => ({ index, load: 0.25, name: `host-${index}` })),
})

/** Replaces so many documents at once, again and again, each on what it was. */
export const replacing = (driver: StorageDriver, count: number, name = 'api'): (() => Promise<void>) => {
  const versions: (Version | null)[] = Array.from({ length: count }, () => null)
  return async () => {
    const writes = versions.map(
      (expected, index): SnapshotWrite => ({
        key: { team: 'bench', api: `${name}-${count}-${index}`, region: 'eu' },
        expected,
        writeId: crypto.randomUUID(),
        at: Date.now(),
        body: documentText,
        hash: '0'.repeat(40),
        fence: 0,
        detector: 'rules',
      }),
    )
    for (const [index, outcome] of (await driver.snapshots.replace(writes)).entries()) {
      if (!outcome.ok) throw new Error(`A write alone is ${outcome.reason}.`)
      versions[index] = outcome.record.version
    }
  }
}

/** Appends so many points of 50 series at once, as checks do: of one moment each. */
export const appending =
  (driver: StorageDriver, count: number): ((round: number) => Promise<void>) =>
  (round) =>
    driver.samples.append(
      Array.from({ length: count }, (_, index) => ({
        series: { team: 'bench', service: `service-${index % 50}`, region: 'eu' },
        at: sampleTime(round, count, index),
        values: sampleValues,
      })),
    )

const startedAt = Date.now()

export const sampleTime = (round: number, count: number, index: number): number =>
  startedAt + (round * Math.ceil(count / 50) + Math.floor(index / 50)) * 10

export const sampleValues = { status: 200, responseMs: 12.5, ok: 1 }
