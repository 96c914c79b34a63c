import type { Chart } from '@sightline/core/protocol'

/** A chart's points as they are drawn: mean, p95, min and max, by time. */
export interface ChartData {
  readonly times: readonly number[]
  readonly values: readonly [
    mean: readonly (number | null)[],
    p95: readonly (number | null)[],
    min: readonly (number | null)[],
    max: readonly (number | null)[],
  ]
}

export const toChartData = ({ start, stepMs, mean, p95, min, max }: Chart): ChartData => ({
  times: mean.map((_, i) => start + i * stepMs),
  values: [mean, p95, min, max],
})

export interface ChartFigures {
  readonly last: number
  readonly min: number
  readonly max: number
  readonly mean: number
}

/** The whole chart in figures, the mean by how often was measured; null where nothing was. */
export const summarizeChart = ({ mean, min, max, count }: Chart): ChartFigures | null => {
  let sum = 0
  let total = 0
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  let last: number | null = null
  for (const [i, value] of mean.entries()) {
    const times = count[i] ?? 0
    if (value === null || times === 0) continue
    sum += value * times
    total += times
    least = Math.min(least, min[i] ?? value)
    most = Math.max(most, max[i] ?? value)
    last = value
  }
  return last === null ? null : { last, min: least, max: most, mean: sum / total }
}
