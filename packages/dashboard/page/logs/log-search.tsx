import type { SightlineError } from '@sightline/client'
import { useInfiniteQuery } from '@tanstack/react-query'
import { RefreshCw, SearchX } from 'lucide-react'
import { formatPlural } from '../format/number.ts'
import { formatTime } from '../format/time.ts'
import { useClient } from '../live/app.ts'
import { Button } from '../ui/button.tsx'
import { Loading } from '../ui/loading.tsx'
import { Empty, Failure } from '../ui/notice.tsx'
import { LogRow } from './log-row.tsx'
import { filterOf, type LogView, timesOf } from './log-view.ts'

const pageSize = 100

interface LogSearchProps {
  readonly view: LogView
  /** When it was asked, ms. */
  readonly asked: number
  readonly onAgain: () => void
}

/** What is stored and fits, the newest first, page by page. */
export const LogSearch = ({ view, asked, onAgain }: LogSearchProps) => {
  const client = useClient()
  const times = timesOf(view, asked)
  const wanted = { ...filterOf(view), ...times }
  const query = useInfiniteQuery({
    queryKey: ['log-search', wanted],
    queryFn: ({ pageParam, signal }) =>
      client.call(
        'logs.search',
        { ...wanted, limit: pageSize, ...(pageParam === null ? {} : { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    retry: false,
  })
  const lines = query.data?.pages.flatMap(({ items }) => items) ?? []
  const error = query.error as SightlineError | null
  const isComplete = query.data?.pages.at(-1)?.isComplete ?? true
  return (
    <div className="panel overflow-hidden">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-2">
        <p role="status" className="text-xs text-muted">
          {query.isPending ? 'Searching' : `${formatPlural(lines.length, 'line')}${query.hasNextPage ? ' or more' : ''}`}
          {`, ${formatTime(times.from, asked)} to ${formatTime(times.to, asked)}`}
        </p>
        <Button
          tone="ghost"
          className="ml-auto"
          icon={<RefreshCw aria-hidden className="size-4" />}
          isPending={query.isFetching && !query.isFetchingNextPage}
          onClick={onAgain}
        >
          Again
        </Button>
      </div>
      {error !== null && lines.length === 0 ? (
        <Failure title="The search failed" action={<Button onClick={onAgain}>Try again</Button>}>
          {error.fields?.map(({ path, message }) => `${path}: ${message}`).join('; ') ?? error.message}
        </Failure>
      ) : query.isPending ? (
        <Loading what="lines" rows={10} />
      ) : lines.length === 0 && !query.hasNextPage ? (
        <Empty icon={SearchX} title="No line fits">
          Try a longer time or fewer words.
        </Empty>
      ) : (
        <ol aria-label="Found lines">
          {lines.map((line) => (
            <LogRow key={line.id} line={line} />
          ))}
        </ol>
      )}
      {query.hasNextPage ? (
        <div className="flex flex-wrap items-center justify-center gap-3 border-t border-line p-2">
          {isComplete ? null : <p className="text-xs text-muted">It was searched as far as the time allowed.</p>}
          <Button isPending={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {isComplete ? 'Show older lines' : 'Search on'}
          </Button>
        </div>
      ) : null}
    </div>
  )
}
