import type { Chart } from '@sightline/core/protocol'
import { useMemo, useState } from 'react'
import { withAlpha } from '../charts/chart-ink.ts'
import { type DrawnSeries, Plot } from '../charts/plot.tsx'
import { formatTime } from '../format/time.ts'
import { useNow } from '../live/live-context.tsx'
import { summarizeChart, toChartData } from './chart-data.ts'
import { formatValue, valueName } from './value-name.ts'

const drawn: DrawnSeries = (ink) => {
  const accent = ink.color('accent')
  const edge = { width: 0, points: { show: false } }
  return {
    series: [
      {},
      { stroke: accent, width: 1.75, points: { show: false } },
      { stroke: ink.color('late'), width: 1.25, dash: [5, 3], points: { show: false } },
      { ...edge, stroke: accent },
      { ...edge, stroke: accent },
    ],
    bands: [{ series: [4, 3], fill: withAlpha(accent, 0.14) }],
  }
}

/** One number of a service in one region: its mean, its p95, and between which values it was. */
export const MetricChart = ({ chart, from, until }: { readonly chart: Chart; readonly from: number; readonly until: number }) => {
  const now = useNow()
  const [point, setPoint] = useState<number | null>(null)
  const data = useMemo(() => toChartData(chart), [chart])
  const figures = useMemo(() => summarizeChart(chart), [chart])
  const format = (value: number | null | undefined) => (typeof value === 'number' ? formatValue(chart.value, value) : '—')
  const at = point === null ? undefined : data.times[point]
  const name = valueName(chart.value)
  return (
    <figure className="min-w-0">
      <figcaption className="flex flex-wrap items-baseline gap-x-3 px-2">
        <span className="font-semibold">{chart.region}</span>
        <span aria-live="polite" className="min-w-0 text-xs text-muted">
          {point !== null && at !== undefined
            ? `${formatTime(at, now)}: mean ${format(chart.mean[point])}, p95 ${format(chart.p95[point])}, ${format(chart.min[point])} to ${format(chart.max[point])}`
            : figures === null
              ? 'nothing measured'
              : `mean ${format(figures.mean)}, ${format(figures.min)} to ${format(figures.max)}, last ${format(figures.last)}`}
        </span>
      </figcaption>
      <Plot
        times={data.times}
        values={data.values}
        drawn={drawn}
        from={from}
        until={until}
        label={`${name} in ${chart.region}`}
        height={180}
        onPoint={setPoint}
      />
    </figure>
  )
}
