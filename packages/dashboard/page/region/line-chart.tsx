import { useMemo } from 'react'
import UPlot from 'uplot'
import { withAlpha } from '../charts/chart-ink.ts'
import { type DrawnSeries, Plot } from '../charts/plot.tsx'
import type { FieldSeries } from './field-series.ts'

interface LineChartProps {
  readonly series: FieldSeries
  readonly from: number
  readonly until: number
  readonly label: string
  /** The point under the pointer or the keyboard's cursor; null when it leaves. */
  readonly onPoint: (index: number | null) => void
}

const drawn: DrawnSeries = (ink) => {
  const line = ink.color('accent')
  return {
    series: [
      {},
      {
        stroke: line,
        width: 1.5,
        points: { show: false },
        ...(UPlot.paths.stepped ? { paths: UPlot.paths.stepped({ align: 1 }) } : {}),
        fill: ({ ctx, bbox }) => {
          const fill = ctx.createLinearGradient(0, bbox.top, 0, bbox.top + bbox.height)
          fill.addColorStop(0, withAlpha(line, 0.22))
          fill.addColorStop(1, withAlpha(line, 0))
          return fill
        },
      },
    ],
  }
}

/** One field of a document over time: it has its value until it has another. */
export const LineChart = ({ series, ...rest }: LineChartProps) => {
  const values = useMemo(() => [series.values], [series])
  return <Plot {...rest} times={series.times} values={values} drawn={drawn} />
}
