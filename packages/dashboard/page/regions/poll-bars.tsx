import { formatLatency } from '../format/duration.ts'
import { formatPlural } from '../format/number.ts'
import { formatMinute } from '../format/time.ts'
import { longestTrail, type PollMark } from '../live/poll-trail.ts'
import { cn } from '../ui/class-names.ts'

const step = 4
const barWidth = 3
const height = 32
const shortest = 3

/** The latency that fills the height: three times the usual one. What takes longer is cut off, or one outlier would flatten the rest. */
const toScale = (marks: readonly PollMark[]): number => {
  const sorted = marks
    .filter(({ kind }) => kind !== 'failed')
    .map(({ latencyMs }) => latencyMs)
    .sort((a, b) => a - b)
  return Math.max((sorted[Math.floor(sorted.length / 2)] ?? 0) * 3, 0.1)
}

const unseen = (count: number): string =>
  Array.from({ length: longestTrail - count }, (_, i) => `M${i * step} ${height}v-2h${barWidth}v2z`).join('')

const barsOf = (marks: readonly PollMark[], kind: PollMark['kind'], scale: number): string => {
  const first = longestTrail - marks.length
  return marks
    .map((mark, i) => {
      if (mark.kind !== kind) return ''
      const tall = kind === 'failed' ? height : Math.max(shortest, Math.min(1, mark.latencyMs / scale) * height)
      return `M${(first + i) * step} ${height}v${-tall.toFixed(1)}h${barWidth}v${tall.toFixed(1)}z`
    })
    .join('')
}

const describe = (marks: readonly PollMark[]): string => {
  const count = (kind: PollMark['kind']) => marks.filter((mark) => mark.kind === kind).length
  const last = marks.at(-1)
  if (last === undefined) return 'No polls seen yet'
  const latency = last.kind === 'failed' ? 'the last one failed' : `the last one took ${formatLatency(last.latencyMs)}`
  return `${formatPlural(marks.length, 'poll')} seen: ${count('changed')} changed, ${count('failed')} failed; ${latency}`
}

/** As many free places as the words need. */
const roomForStart = 26

interface PollBarsProps {
  readonly marks: readonly PollMark[]
  /** Says, where there is room, from when on polls were seen: what came before was not looked at, and is no gap. */
  readonly hasStart?: boolean
  readonly className?: string
}

/** The last polls, oldest at the left: as high as they took long, and coloured by what they found. */
export const PollBars = ({ marks, hasStart = false, className }: PollBarsProps) => {
  const [first] = marks
  const isShort = longestTrail - marks.length >= roomForStart
  return (
    <div className={cn('relative w-full', className)}>
      <Bars marks={marks} />
      {hasStart && isShort ? (
        <p className="absolute bottom-1 left-0 text-2xs text-faint">
          {first === undefined ? 'No poll seen yet' : `Seen since ${formatMinute(first.at)}`}
        </p>
      ) : null}
    </div>
  )
}

const Bars = ({ marks }: { readonly marks: readonly PollMark[] }) => {
  const scale = toScale(marks)
  return (
    <svg
      role="img"
      aria-label={describe(marks)}
      viewBox={`0 0 ${longestTrail * step - 1} ${height}`}
      preserveAspectRatio="none"
      className="block size-full"
    >
      <path d={barsOf(marks, 'unchanged', scale)} className="fill-quiet" />
      <path d={barsOf(marks, 'changed', scale)} className="fill-accent" />
      <path d={barsOf(marks, 'failed', scale)} className="fill-fail" />
      <path d={unseen(marks.length)} className="fill-line" />
    </svg>
  )
}

/** What the bars' colours say. */
export const PollLegend = () => (
  <ul className="flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-muted">
    {[
      ['bg-quiet', 'unchanged'],
      ['bg-accent', 'changed'],
      ['bg-fail', 'failed'],
    ].map(([color, label]) => (
      <li key={label} className="flex items-center gap-1.5">
        <span aria-hidden className={cn('h-3 w-[3px]', color)} />
        {label}
      </li>
    ))}
  </ul>
)
