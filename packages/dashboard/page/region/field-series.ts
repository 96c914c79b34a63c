import { type Pointer, valueAt } from './json-pointer.ts'

/** A field over time: `values[i]` held from `times[i]` on. Times are ms since the Unix epoch, ascending; null where it was no number. */
export interface FieldSeries {
  readonly times: readonly number[]
  readonly values: readonly (number | null)[]
}

interface Entry {
  readonly updatedAt: number
  readonly data: unknown
}

/**
 * Reads one field out of a history (newest first), between `from` and `until`. The value that held at `from` is its first point, and
 * the last value holds until `until`.
 */
export const toSeries = (
  entries: readonly Entry[],
  { field, from, until }: { readonly field: Pointer; readonly from: number; readonly until: number },
): FieldSeries => {
  const times: number[] = []
  const values: (number | null)[] = []
  const add = (at: number, value: number | null): void => {
    times.push(at)
    values.push(value)
  }
  for (let i = entries.length - 1; i >= 0; i--) {
    const entry = entries[i]
    if (entry === undefined || entry.updatedAt > until) continue
    const next = entries[i - 1]
    if (entry.updatedAt < from && next !== undefined && next.updatedAt <= from) continue
    const value = valueAt(entry.data, field)
    add(Math.max(entry.updatedAt, from), typeof value === 'number' ? value : null)
  }
  const last = times.at(-1)
  if (last !== undefined && last < until) add(until, values.at(-1) ?? null)
  return { times, values }
}

/**
 * At most `most` points (default 500) that keep a line's look: of each bucket the point that spans the largest triangle with its
 * neighbours. Source: S. Steinarsson, Downsampling Time Series for Visual Representation, 2013 (largest triangle three buckets).
 */
export const thinOut = (series: FieldSeries, most = 500): FieldSeries => {
  const { times, values } = series
  const count = times.length
  if (count <= most) return series
  const at = (i: number): readonly [number, number] => [times[i] ?? 0, values[i] ?? 0]
  const kept = [0]
  const bucket = (count - 2) / (most - 2)
  for (let i = 0; i < most - 2; i++) {
    const start = Math.floor(i * bucket) + 1
    const end = Math.min(Math.floor((i + 1) * bucket) + 1, count - 1)
    const nextEnd = Math.min(Math.floor((i + 2) * bucket) + 1, count)
    let meanTime = 0
    let meanValue = 0
    for (let j = end; j < nextEnd; j++) {
      const [time, value] = at(j)
      meanTime += time / (nextEnd - end)
      meanValue += value / (nextEnd - end)
    }
    const [keptTime, keptValue] = at(kept.at(-1) ?? 0)
    let best = start
    let largest = -1
    for (let j = start; j < end; j++) {
      const [time, value] = at(j)
      const area = Math.abs((keptTime - meanTime) * (value - keptValue) - (keptTime - time) * (meanValue - keptValue))
      if (area > largest) {
        largest = area
        best = j
      }
    }
    kept.push(best)
  }
  kept.push(count - 1)
  return { times: kept.map((i) => times[i] ?? 0), values: kept.map((i) => values[i] ?? null) }
}

/** What a series says in figures, for those who do not see the line; null without any number. */
export const summarize = ({
  values,
}: FieldSeries): { readonly least: number; readonly most: number; readonly last: number } | null => {
  const numbers = values.filter((value) => value !== null)
  const last = numbers.at(-1)
  if (last === undefined) return null
  return { least: numbers.reduce((a, b) => Math.min(a, b)), most: numbers.reduce((a, b) => Math.max(a, b)), last }
}
