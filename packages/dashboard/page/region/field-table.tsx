import { formatDelta, formatNumber } from '../format/number.ts'
import { formatTime, toIso } from '../format/time.ts'
import { ScrollRegion } from '../ui/scroll-region.tsx'
import type { FieldSeries } from './field-series.ts'

interface FieldTableProps {
  readonly series: FieldSeries
  readonly label: string
  readonly now: number
}

/** The chart's points as a table, newest first. */
export const FieldTable = ({ series: { times, values }, label, now }: FieldTableProps) => (
  <ScrollRegion label={`${label} as a table`} className="m-2 max-h-[212px] rounded-md">
    <table className="w-full text-left">
      <caption className="sr-only">{label} over time, newest first</caption>
      <thead className="sticky top-0 bg-surface text-xs text-faint">
        <tr className="border-b border-line">
          <th scope="col" className="py-1 font-medium">
            Time
          </th>
          <th scope="col" className="py-1 text-right font-medium">
            Value
          </th>
          <th scope="col" className="py-1 text-right font-medium">
            Change
          </th>
        </tr>
      </thead>
      <tbody>
        {times
          .map((at, i) => {
            const value = values[i]
            const before = values[i - 1]
            return (
              <tr key={`${at}-${i === times.length - 1 ? 'now' : 'then'}`} className="border-b border-line last:border-0">
                <td className="py-1 text-muted">
                  <time dateTime={toIso(at)}>{formatTime(at, now)}</time>
                </td>
                <td className="py-1 text-right font-medium">{typeof value === 'number' ? formatNumber(value) : '—'}</td>
                <td className="py-1 text-right text-muted">
                  {typeof value === 'number' && typeof before === 'number' && value !== before ? formatDelta(before, value) : ''}
                </td>
              </tr>
            )
          })
          .toReversed()}
      </tbody>
    </table>
  </ScrollRegion>
)
