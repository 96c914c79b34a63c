import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { formatPercent } from '../format/number.ts'
import { queryOptions } from '../live/app.ts'
import { useNow } from '../live/live-context.tsx'
import { cn } from '../ui/class-names.ts'
import { type Range, rangeNames, ranges } from './service-view.ts'

const stepMs = 60_000

/** Which share of the time it was up, over four ranges. */
export const Availability = ({ service }: { readonly service: string }) => (
  <dl aria-label="Availability" className="grid grid-cols-2 sm:grid-cols-4">
    {rangeNames.map((range) => (
      <Share key={range} service={service} range={range} />
    ))}
  </dl>
)

const Share = ({ service, range }: { readonly service: string; readonly range: Range }) => {
  // Asked for once a minute, whatever else renders.
  const [to, setTo] = useState(() => Date.now())
  const now = useNow()
  if (now - to > stepMs) setTo(now)
  const { data, isPending } = useQuery({
    ...queryOptions('samples.availability', { service, from: to - ranges[range], to }),
    placeholderData: (last) => last,
  })
  const percent = data?.percent ?? null
  return (
    <div className="px-4 py-2">
      <dt className="text-xs text-faint">Up, last {range}</dt>
      <dd className={cn('text-base font-semibold', percent !== null && percent < 99 && 'text-fail')}>
        {isPending ? <span aria-hidden className="skeleton inline-block h-4 w-14" /> : formatPercent(percent)}
      </dd>
    </div>
  )
}
