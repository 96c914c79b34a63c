import { ChartLine, LoaderCircle } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import { formatInterval } from '../format/duration.ts'
import { formatCount, formatNumber } from '../format/number.ts'
import { formatTime } from '../format/time.ts'
import { useNow } from '../live/live-context.tsx'
import { Button } from '../ui/button.tsx'
import { Empty, Failure } from '../ui/notice.tsx'
import { Segmented } from '../ui/segmented.tsx'
import { summarize, thinOut, toSeries } from './field-series.ts'
import { FieldTable } from './field-table.tsx'
import { type Pointer, toDotted } from './json-pointer.ts'
import { LineChart } from './line-chart.tsx'
import { chooseField, listNumericFields } from './numeric-fields.ts'
import { type Range, type RegionView, ranges, toRangeMs } from './region-view.ts'
import type { History } from './use-history.ts'

const mostEntries = 2_000
const mostPoints = 500

interface HistoryChartProps {
  readonly history: History
  /** The latest document: its numbers are what can be charted. */
  readonly document: unknown
  readonly view: RegionView
  readonly onView: (next: { readonly field?: Pointer; readonly range?: Range; readonly view?: 'table' | undefined }) => void
}

/** One number of the document over time. */
export const HistoryChart = ({ history, document, view, onView }: HistoryChartProps) => {
  const { entries, hasOlder, isLoadingOlder, loadOlder } = history
  const now = useNow()
  const fields = useMemo(() => listNumericFields(document), [document])
  const field = view.field ?? chooseField(fields)
  const until = Math.ceil(now / 1_000) * 1_000
  const oldest = entries.at(-1)
  const range = view.range ?? fittingRange(hasOlder || oldest === undefined ? null : until - oldest.updatedAt)
  const from = until - toRangeMs(range)

  const isCovered = !hasOlder || oldest === undefined || oldest.updatedAt <= from
  const isFull = entries.length >= mostEntries
  useEffect(() => {
    if (!isCovered && !isFull && !isLoadingOlder) loadOlder()
  }, [isCovered, isFull, isLoadingOlder, loadOlder])

  const series = useMemo(
    () => thinOut(field === null ? { times: [], values: [] } : toSeries(entries, { field, from, until }), mostPoints),
    [entries, field, from, until],
  )
  const [point, setPoint] = useState<number | null>(null)
  const figures = summarize(series)
  const label = field === null ? 'Chart' : toDotted(field)

  return (
    <section aria-labelledby="chart-title" className="panel">
      <header className="flex flex-wrap items-center gap-2 px-4 pt-3">
        <h2 id="chart-title" className="sr-only">
          History of a field
        </h2>
        {fields.length > 0 ? (
          <label className="min-w-0">
            <span className="sr-only">Field</span>
            <select
              value={field ?? ''}
              onChange={(event) => onView({ field: event.target.value })}
              className="h-8 max-w-full rounded-md border border-line bg-surface px-2 font-mono text-xs font-medium"
            >
              {field !== null && !fields.includes(field) ? <option value={field}>{toDotted(field)}</option> : null}
              {fields.map((pointer) => (
                <option key={pointer} value={pointer}>
                  {toDotted(pointer)}
                </option>
              ))}
            </select>
          </label>
        ) : null}
        <p aria-live="polite" className="min-w-0 flex-1 truncate text-muted">
          <Readout point={point} series={series} figures={figures} now={now} />
        </p>
        {isLoadingOlder ? (
          <LoaderCircle role="img" aria-label="Loading older entries" className="size-4 animate-spin text-faint" />
        ) : null}
        <Segmented
          label="Range"
          value={range}
          onChange={(next) => onView({ range: next })}
          options={Object.keys(ranges).map((value) => ({ value: value as Range, label: value }))}
        />
        <Segmented
          label="Show as"
          value={view.view ?? 'chart'}
          onChange={(next) => onView({ view: next === 'table' ? 'table' : undefined })}
          options={[
            { value: 'chart', label: 'Chart' },
            { value: 'table', label: 'Table' },
          ]}
        />
      </header>
      <div className="px-2 pt-1 pb-2">
        {history.error !== null && entries.length === 0 ? (
          <Failure title="The history cannot be shown" action={<Button onClick={history.retry}>Try again</Button>}>
            {history.error.message}
          </Failure>
        ) : history.isPending ? (
          <div aria-hidden className="skeleton m-2 h-[204px]" />
        ) : figures === null ? (
          <Empty icon={ChartLine} title={fields.length === 0 ? 'This document has no numbers' : 'No value in this range'}>
            {fields.length === 0
              ? 'A chart needs one; the document is shown below.'
              : `Nothing was recorded for ${label} in the last ${range}.`}
          </Empty>
        ) : view.view === 'table' ? (
          <FieldTable series={series} label={label} now={now} />
        ) : (
          <LineChart series={series} from={from} until={until} label={label} onPoint={setPoint} />
        )}
      </div>
      {isFull && !isCovered ? (
        <p className="border-t border-line px-4 py-2 text-xs text-muted">
          The newest {formatCount(entries.length)} changes, which reach back{' '}
          {formatInterval(roundToMinute(until - (oldest?.updatedAt ?? until)))}.
        </p>
      ) : null}
    </section>
  )
}

const youngMs = 600_000

/** Until somebody picks one: the short one where there is not much history yet. */
const fittingRange = (historyMs: number | null): Range => (historyMs !== null && historyMs < youngMs ? '5m' : '15m')

const roundToMinute = (ms: number): number => Math.max(60_000, Math.round(ms / 60_000) * 60_000)

interface ReadoutProps {
  readonly point: number | null
  readonly series: { readonly times: readonly number[]; readonly values: readonly (number | null)[] }
  readonly figures: ReturnType<typeof summarize>
  readonly now: number
}

/** The value under the cursor, else the whole in three figures. */
const Readout = ({ point, series, figures, now }: ReadoutProps) => {
  const at = point === null ? undefined : series.times[point]
  if (point !== null && at !== undefined) {
    const value = series.values[point]
    return (
      <>
        <span className="font-semibold text-text">{typeof value === 'number' ? formatNumber(value) : 'no number'}</span> at{' '}
        {formatTime(at, now)}
      </>
    )
  }
  if (figures === null) return null
  return (
    <span className="hidden sm:inline">
      <span className="font-semibold text-text">{formatNumber(figures.last)}</span> now · {formatNumber(figures.least)} to{' '}
      {formatNumber(figures.most)}
    </span>
  )
}
