import { useQuery } from '@tanstack/react-query'
import { ChartLine } from 'lucide-react'
import { queryOptions, useMetrics } from '../live/app.ts'
import { useNow } from '../live/live-context.tsx'
import { Choice } from '../ui/choice.tsx'
import { Empty, Failure } from '../ui/notice.tsx'
import { Segmented } from '../ui/segmented.tsx'
import { MetricChart } from './metric-chart.tsx'
import { rangeNames, ranges, type ServiceViewSearch } from './service-view.ts'
import { sortValueNames, valueName } from './value-name.ts'

interface ServiceChartsProps {
  readonly service: string
  readonly regions: readonly string[]
  readonly view: ServiceViewSearch
  readonly onView: (next: { readonly [K in keyof ServiceViewSearch]?: ServiceViewSearch[K] | undefined }) => void
}

// As many charts as are of use at once; another region is one choice away.
const mostCharts = 6

/** A number of the service over time, a chart for each region. */
export const ServiceCharts = ({ service, regions, view, onView }: ServiceChartsProps) => {
  const range = view.range ?? '1h'
  const { data: known } = useQuery({ ...queryOptions('samples.values', { service }), refetchInterval: 60_000 })
  const names = sortValueNames([...(known?.values.map(({ name }) => name) ?? ['latencyMs'])])
  const value = view.value ?? names[0] ?? 'latencyMs'
  const { charts, isLoading, error } = useMetrics({
    service,
    values: [value],
    range: { lastMs: ranges[range] },
    ...(view.region === undefined ? {} : { region: view.region }),
  })
  // Moves on with the data, not with every tick of the clock.
  const now = Math.floor(useNow() / 5_000) * 5_000
  const drawn = charts?.filter(({ count }) => count.some((times) => times > 0)) ?? []
  return (
    <section aria-labelledby="charts-title" className="panel">
      <header className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2.5">
        <h2 id="charts-title" className="mr-auto text-base font-semibold">
          {valueName(value)}
        </h2>
        <label>
          <span className="sr-only">Number</span>
          <select
            value={value}
            onChange={(event) => onView({ value: event.target.value })}
            className="h-8 max-w-44 rounded-md border border-line bg-surface px-2 font-medium"
          >
            {(names.includes(value) ? names : [value, ...names]).map((name) => (
              <option key={name} value={name}>
                {valueName(name)}
              </option>
            ))}
          </select>
        </label>
        {regions.length > 1 ? (
          <Choice
            label="Region"
            none="All regions"
            value={view.region}
            options={regions}
            onChange={(region) => onView({ region })}
          />
        ) : null}
        <Segmented
          label="Range"
          value={range}
          onChange={(next) => onView({ range: next === '1h' ? undefined : next })}
          options={rangeNames.map((name) => ({ value: name, label: name }))}
        />
      </header>
      <div className="p-2">
        {error !== null && charts === undefined ? (
          <Failure title="The chart cannot be shown">{error.message}</Failure>
        ) : isLoading && charts === undefined ? (
          <div aria-hidden className="skeleton m-2 h-48" />
        ) : drawn.length === 0 ? (
          <Empty icon={ChartLine} title="Nothing was measured in this range">
            {valueName(value)} has no value in the last {range}.
          </Empty>
        ) : (
          <>
            <p className="flex flex-wrap gap-x-4 px-2 pb-2 text-xs text-faint">
              <span>
                <span aria-hidden className="mr-1.5 inline-block h-0.5 w-4 bg-accent align-middle" />
                mean
              </span>
              <span>
                <span aria-hidden className="mr-1.5 inline-block w-4 border-t-2 border-dashed border-late align-middle" />
                p95
              </span>
              <span>
                <span aria-hidden className="mr-1.5 inline-block h-2 w-4 bg-accent-soft align-middle" />
                min to max
              </span>
            </p>
            <div className={drawn.length > 1 ? 'grid gap-4 lg:grid-cols-2' : ''}>
              {drawn.slice(0, mostCharts).map((chart) => (
                <MetricChart key={`${chart.region}\n${chart.value}`} chart={chart} from={now - ranges[range]} until={now} />
              ))}
            </div>
            {drawn.length > mostCharts ? (
              <p className="px-2 pt-2 text-xs text-muted">
                {mostCharts} of {drawn.length} regions. Pick one above to see another.
              </p>
            ) : null}
          </>
        )}
      </div>
    </section>
  )
}
