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

  const stepOf = (at: number): number | null => {
    const step = Math.floor((at - start) / stepMs)
    return step < 0 || step >= steps ? null : step
  }

  const rowFor = (region: string, name: string): (ValueStats | undefined)[] => {
    const values = regions.get(region) ?? new Map<string, (ValueStats | undefined)[]>()
    regions.set(region, values)
    const row = values.get(name) ?? new Array<ValueStats | undefined>(steps)
    values.set(name, row)
    return row
  }

  return {
    bucket: ({ region }: Series, begin: number, stats: BucketStats) => {
      const step = stepOf(begin)
      if (step === null) return
      for (const name of names) {
        const value = stats.get(name)
        if (value === undefined) continue
        const row = rowFor(region, name)
        const into = row[step]
        // The first of a step needs no copy: what was read is nobody else's.
        if (into === undefined) row[step] = value
        else mergeStats(into, value)
      }
    },
    point: ({ series, at, values }: Point) => {
      const step = stepOf(at)
      if (step === null) return
      for (const name of names) {
        if (!Object.hasOwn(values, name)) continue
        const row = rowFor(series.region, name)
        row[step] ??= emptyStats()
        addValue(row[step], values[name] as number)
      }
    },
    at: (region, name, step) => regions.get(region)?.get(name)?.[step] ?? null,
  }
}
