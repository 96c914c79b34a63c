import { formatAge, formatAgo } from '../format/duration.ts'
import { toIso } from '../format/time.ts'
import { useFreshness, useNow } from '../live/live-context.tsx'
import { cn } from './class-names.ts'

const tones = { fresh: '', late: 'text-late', stale: 'text-fail' }

interface AgeProps {
  /** ms since the Unix epoch; null: never. */
  readonly at: number | null
  /** Turns amber, then red, as data gets old for this interval. Without it, age has no tone. */
  readonly intervalMs?: number
  readonly className?: string
  readonly style?: 'age' | 'ago'
}

/** How old something is, ticking. */
export const Age = ({ at, intervalMs, className, style = 'age' }: AgeProps) => {
  const now = useNow()
  const toFreshness = useFreshness()
  if (at === null) return <span className={cn('text-faint', className)}>never</span>
  const ageMs = Math.max(0, now - at)
  const freshness = intervalMs === undefined ? 'fresh' : toFreshness({ ageMs, intervalMs })
  return (
    <time dateTime={toIso(at)} data-freshness={freshness} className={cn(tones[freshness], className)}>
      {style === 'ago' ? formatAgo(ageMs) : formatAge(ageMs)}
    </time>
  )
}

/** How long until something, ticking down. */
export const Countdown = ({ until }: { readonly until: number }) => {
  const now = useNow()
  const leftMs = until - now
  return <time dateTime={toIso(until)}>{leftMs <= 0 ? 'due' : `in ${formatAge(leftMs + 999)}`}</time>
}
