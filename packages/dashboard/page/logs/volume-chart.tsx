import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import UPlot from 'uplot'
import { type DrawnSeries, Plot } from '../charts/plot.tsx'
import { formatCount } from '../format/number.ts'
import { formatTime } from '../format/time.ts'
import { queryOptions } from '../live/app.ts'
import { LogSeverityWord } from './log-severity.tsx'
import { logSeverities } from './log-view.ts'
import { stackVolume, sumVolume } from './volume-bars.ts'

const colors = ['quiet', 'line-strong', 'late', 'fail', 'text']

const drawn: DrawnSeries = (ink) => ({
  series: [
    {},
    ...colors.map((name) => ({
      stroke: 'transparent',
      width: 0,
      fill: ink.color(name),
      points: { show: false },
      ...(UPlot.paths.bars ? { paths: UPlot.paths.bars({ size: [0.8, 24], align: 1 }) } : {}),
    })),
  ],
  scales: { y: { range: (_plot, _least, most) => [0, Math.max(1, most * 1.1)] } },
})

interface VolumeChartProps {
  readonly service: string | undefined
  readonly from: number
  readonly to: number
}

/** How many lines there were over time, by severity. */
export const VolumeChart = ({ service, from, to }: VolumeChartProps) => {
  const [point, setPoint] = useState<number | null>(null)
  const { data, error } = useQuery({
    ...queryOptions('logs.volume', { from, to, ...(service === undefined ? {} : { service }) }),
    placeholderData: (last) => last,
  })
  const bars = useMemo(() => (data === undefined ? null : stackVolume(data)), [data])
  const sums = useMemo(() => (data === undefined ? [] : sumVolume(data)), [data])
  const at = point === null ? undefined : bars?.times[point]
  return (
    <section aria-labelledby="volume-title" className="panel px-2 pt-2.5 pb-1">
      <header className="flex flex-wrap items-baseline gap-x-4 px-2 text-xs">
        <h2 id="volume-title" className="text-sm font-semibold">
          Volume
        </h2>
        <p aria-live="polite" className="flex flex-wrap gap-x-4 text-muted">
          {error !== null && data === undefined ? (
            <span className="text-fail">{error.message}</span>
          ) : point !== null && at !== undefined && data !== undefined ? (
            <>
              <span>{formatTime(at, to)}</span>
              {logSeverities
                .filter((severity) => (data.counts[severity][point] ?? 0) > 0)
                .map((severity) => (
                  <span key={severity}>
                    <LogSeverityWord severity={severity} /> {formatCount(data.counts[severity][point] ?? 0)}
                  </span>
                ))}
            </>
          ) : sums.length === 0 ? (
            'no lines'
          ) : (
            sums.map(({ severity, count }) => (
              <span key={severity}>
                <LogSeverityWord severity={severity} /> {formatCount(count)}
              </span>
            ))
          )}
        </p>
      </header>
      {bars === null ? (
        <div aria-hidden className="skeleton m-2 h-26" />
      ) : (
        <Plot
          times={bars.times}
          values={bars.values}
          drawn={drawn}
          from={from}
          until={to}
          label="Lines by severity"
          height={120}
          onPoint={setPoint}
        />
      )}
    </section>
  )
}
