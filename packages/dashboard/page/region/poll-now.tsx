import { RefreshCw } from 'lucide-react'
import { useEffect } from 'react'
import { formatLatency } from '../format/duration.ts'
import { useMutation } from '../live/app.ts'
import type { TargetRef } from '../live/target.ts'
import { Button } from '../ui/button.tsx'
import { cn } from '../ui/class-names.ts'

const shownMs = 6_000

/** Polls without waiting for the turn, and says what came of it. */
export const PollNow = ({ api, region, isCompact = false }: TargetRef & { readonly isCompact?: boolean }) => {
  const poll = useMutation('metrics.pollNow')
  const { data, error, status, reset } = poll
  const isTold = status === 'success' || status === 'error'
  useEffect(() => {
    if (!isTold) return
    const timer = setTimeout(reset, shownMs)
    return () => clearTimeout(timer)
  }, [isTold, reset])
  return (
    <div className="flex min-w-0 items-center gap-2">
      <p
        role="status"
        className={cn('min-w-0 truncate text-xs empty:-mr-2', error ? 'text-fail' : 'text-muted')}
        title={error?.message}
      >
        {error
          ? error.message
          : status === 'success' && data
            ? `${data.changed ? 'Changed' : 'Unchanged'}, ${formatLatency(data.latencyMs)}`
            : ''}
      </p>
      <Button
        tone={isCompact ? 'ghost' : 'plain'}
        className={isCompact ? 'size-8 shrink-0 px-0' : 'shrink-0'}
        isPending={poll.isPending}
        aria-label={isCompact ? `Poll ${region} now` : undefined}
        icon={<RefreshCw aria-hidden className="size-4 text-faint" />}
        onClick={() => poll.mutate({ api, region })}
      >
        {isCompact ? null : 'Poll now'}
      </Button>
    </div>
  )
}
