import type { SightlineError } from '@sightline/client'
import type { Incident } from '@sightline/core/protocol'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useClient } from '../live/app.ts'
import type { IncidentFilter } from './incident-filter.ts'

const pageSize = 50

interface OlderIncidents {
  readonly incidents: readonly Incident[]
  readonly isPending: boolean
  readonly isLoadingMore: boolean
  readonly hasMore: boolean
  readonly error: SightlineError | null
  loadMore(): void
}

/** What is stored, page by page, the newest first. */
export const useOlderIncidents = (filter: IncidentFilter): OlderIncidents => {
  const client = useClient()
  const query = useInfiniteQuery({
    queryKey: ['older-incidents', filter],
    queryFn: ({ pageParam, signal }) =>
      client.call(
        'incidents.list',
        { ...filter, limit: pageSize, ...(pageParam === null ? {} : { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
  })
  return {
    incidents: query.data?.pages.flatMap(({ items }) => items) ?? [],
    isPending: query.isPending,
    isLoadingMore: query.isFetchingNextPage,
    hasMore: query.hasNextPage,
    error: query.error as SightlineError | null,
    loadMore: () => void query.fetchNextPage(),
  }
}
