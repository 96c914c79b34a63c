import type { SightlineError } from '@sightline/client'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { CircleCheckBig } from 'lucide-react'
import { formatCount } from '../format/number.ts'
import { useClient } from '../live/app.ts'
import { Age } from '../ui/age.tsx'
import { Button } from '../ui/button.tsx'
import { Loading } from '../ui/loading.tsx'
import { Empty, Failure } from '../ui/notice.tsx'
import { LogSeverityWord } from './log-severity.tsx'

interface ErrorGroupsProps {
  readonly service: string | undefined
  readonly from: number
  readonly to: number
}

/** Errors by kind: those that read alike but for their numbers and names. */
export const ErrorGroups = ({ service, from, to }: ErrorGroupsProps) => {
  const client = useClient()
  const wanted = { from, to, ...(service === undefined ? {} : { service }) }
  const query = useInfiniteQuery({
    queryKey: ['log-errors', wanted],
    queryFn: ({ pageParam, signal }) =>
      client.call('logs.errors', { ...wanted, ...(pageParam === null ? {} : { cursor: pageParam }) }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    placeholderData: (last) => last,
  })
  const groups = query.data?.pages.flatMap(({ items }) => items) ?? []
  const error = query.error as SightlineError | null
  if (error !== null && groups.length === 0) return <Failure title="The errors cannot be shown">{error.message}</Failure>
  return (
    <div className="panel overflow-hidden">
      {query.isPending ? (
        <Loading what="errors" />
      ) : groups.length === 0 ? (
        <Empty icon={CircleCheckBig} title="No errors in this time" />
      ) : (
        <ol aria-label="Errors by kind">
          {groups.map(({ fingerprint, service: of, severity, message, count, firstSeen, lastSeen }) => (
            <li
              key={`${of}\n${fingerprint}`}
              data-fingerprint={fingerprint}
              className="flex flex-wrap items-baseline gap-x-4 gap-y-1 border-b border-line px-4 py-2.5 last:border-0"
            >
              <span className="w-16 text-lg font-semibold">
                {formatCount(count)}
                <span className="text-xs font-normal text-faint"> ×</span>
              </span>
              <div className="min-w-0 flex-1 basis-60">
                <p className="truncate font-mono text-xs" title={message}>
                  <LogSeverityWord severity={severity} /> <bdi>{message}</bdi>
                </p>
                <p className="text-xs text-faint">
                  <span className="text-muted">{of}</span>, first <Age at={firstSeen} style="ago" />, last{' '}
                  <Age at={lastSeen} style="ago" />
                </p>
              </div>
              <Link
                to="/logs"
                search={{
                  view: 'search',
                  service: of,
                  severity: 'error',
                  from: Math.floor(firstSeen),
                  to: Math.floor(lastSeen) + 1,
                }}
                className="rounded-sm text-xs text-accent underline"
              >
                Lines of that time
              </Link>
            </li>
          ))}
        </ol>
      )}
      {query.hasNextPage ? (
        <div className="flex justify-center border-t border-line p-2">
          <Button isPending={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show more
          </Button>
        </div>
      ) : null}
    </div>
  )
}
