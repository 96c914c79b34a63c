import type { LogLine } from '@sightline/core/protocol'
import { ArrowDown, Pause, Play, ScrollText } from 'lucide-react'
import { useLayoutEffect, useRef, useState } from 'react'
import { formatCount, formatPlural } from '../format/number.ts'
import { useLogs } from '../live/app.ts'
import { Button } from '../ui/button.tsx'
import { Loading } from '../ui/loading.tsx'
import { Empty, Failure } from '../ui/notice.tsx'
import { LogRow } from './log-row.tsx'
import type { LogView } from './log-view.ts'
import { newSince, tailWindow } from './tail-window.ts'

// Nearer to the end than this, the reader follows.
const followPx = 40

/** Lines as they come in. Scrolling up stops the following, and so does a press of Pause. */
export const LogTail = ({ view: { service, severity } }: { readonly view: LogView }) => {
  const { data, error } = useLogs({
    ...(service === undefined ? {} : { service }),
    ...(severity === undefined ? {} : { minSeverity: severity }),
  })
  const [held, setHeld] = useState<readonly LogLine[] | null>(null)
  const [isFollowing, setIsFollowing] = useState(true)
  const scroller = useRef<HTMLElement>(null)
  const live = tailWindow(data ?? [])
  const lines = held ?? live
  const waiting = held === null ? 0 : newSince(live, held.at(-1))
  const last = lines.at(-1)?.id
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new line scrolls
  useLayoutEffect(() => {
    if (isFollowing && scroller.current !== null) scroller.current.scrollTop = scroller.current.scrollHeight
  }, [last, isFollowing])
  const read = () => {
    const element = scroller.current
    if (element === null) return
    setIsFollowing(element.scrollHeight - element.scrollTop - element.clientHeight < followPx)
  }
  return (
    <div className="panel relative overflow-hidden">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-2">
        <Button
          aria-pressed={held !== null}
          icon={
            held === null ? (
              <Pause aria-hidden className="size-4 text-faint" />
            ) : (
              <Play aria-hidden className="size-4 text-faint" />
            )
          }
          onClick={() => setHeld(held === null ? live : null)}
        >
          {held === null ? 'Pause' : 'Resume'}
        </Button>
        <p role="status" className="text-xs text-muted">
          {held !== null
            ? `Paused${waiting > 0 ? `, ${formatPlural(waiting, 'new line')}${waiting >= live.length ? ' or more' : ''}` : ''}`
            : isFollowing
              ? 'Following'
              : 'Scrolled up: not following'}
        </p>
        <p className="ml-auto text-xs text-faint">the newest {formatCount(lines.length)}</p>
      </div>
      {error !== null && data === undefined ? (
        <Failure title="The logs cannot be shown">{error.message}</Failure>
      ) : data === undefined ? (
        <Loading what="lines" rows={10} />
      ) : lines.length === 0 ? (
        <Empty icon={ScrollText} title="Nothing was logged">
          Lines come in by <code className="font-mono">@sightline/agent</code>, the pino transport, NDJSON or OpenTelemetry.
        </Empty>
      ) : (
        <section
          ref={scroller}
          aria-label="Live lines"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys scroll it
          tabIndex={0}
          onScroll={read}
          className="max-h-[max(16rem,calc(100dvh-25rem))] overflow-auto -outline-offset-2"
        >
          <ol aria-label="Lines">
            {lines.map((line) => (
              <LogRow key={line.id} line={line} />
            ))}
          </ol>
        </section>
      )}
      {held === null && !isFollowing && lines.length > 0 ? (
        <Button
          tone="primary"
          className="absolute bottom-3 left-1/2 -translate-x-1/2 shadow-popup"
          icon={<ArrowDown aria-hidden className="size-4" />}
          onClick={() => setIsFollowing(true)}
        >
          To the newest
        </Button>
      ) : null}
    </div>
  )
}
