import type { Point, Series } from '../ports/samples.ts'
import type { BucketStats } from './bucket-stats.ts'
import type { SampleSink } from './sample-reader.ts'
import { addValue, emptyStats, mergeStats, type ValueStats } from './value-stats.ts'

export interface StepTableOptions {
  readonly names: readonly string[]
  readonly start: number
  readonly stepMs: number
  readonly steps: number
}

/** Statistics by region, number and step. */
export interface StepTable extends SampleSink {
  /** null where nothing was measured. */
  at(region: string, name: string, step: number): ValueStats | null
}

export const createStepTable = ({ names, start, stepMs, steps }: StepTableOptions): StepTable => {
  const regions = new Map<string, Map<string, (ValueStats | undefined)[]>>()

  const statsFor = (region: string, name: string, at: number): ValueStats | null => {
    const step = Math.floor((at - start) / stepMs)
    if (step < 0 || step >= steps) return null
    const values = regions.get(region) ?? new Map<string, (ValueStats | undefined)[]>()
    regions.set(region, values)
    const row = values.get(name) ?? new Array<ValueStats | undefined>(steps)
    values.set(name, row)
    const stats = row[step] ?? emptyStats()
    row[step] = stats
    return stats
  }

  return {
    bucket: ({ region }: Series, begin: number, stats: BucketStats) => {
      for (const name of names) {
        const value = stats.get(name)
        const into = value === undefined ? null : statsFor(region, name, begin)
        if (into !== null && value !== undefined) mergeStats(into, value)
      }
    },
    point: ({ series, at, values }: Point) => {
      for (const name of names) {
        if (!Object.hasOwn(values, name)) continue
        const into = statsFor(series.region, name, at)
        if (into !== null) addValue(into, values[name] as number)
      }
    },
    at: (region, name, step) => regions.get(region)?.get(name)?.[step] ?? null,
  }
}
