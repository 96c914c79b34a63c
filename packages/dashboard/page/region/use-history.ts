import type { Listing, MetricsSnapshot } from '@sightline/core/protocol'
import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, useRef } from 'react'
import { useClient, useTopic } from '../live/app.ts'
import type { TargetRef } from '../live/target.ts'
import { addEntries, nextAsOf, toEntries } from './history-pages.ts'

const furtherPages = 500

/** A target's history as far as it is loaded, newest first, kept up by the live topic. */
export interface History {
  readonly entries: readonly MetricsSnapshot[]
  readonly isPending: boolean
  readonly error: Error | null
  readonly hasOlder: boolean
  readonly isLoadingOlder: boolean
  loadOlder(): void
  retry(): void
}

type Pages = InfiniteData<Listing<MetricsSnapshot>, number | null>

const withEntries = (known: Pages, entries: readonly MetricsSnapshot[]): Pages => {
  const pages = addEntries(known.pages, entries)
  return { pages, pageParams: known.pageParams.slice(0, pages.length) }
}

export const useHistory = (target: TargetRef): History => {
  const { api, region } = target
  const client = useClient()
  const queries = useQueryClient()
  const queryKey = useMemo(() => ['history', api, region], [api, region])
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => {
      const page = pageParam === null ? {} : { limit: furtherPages, asOf: pageParam }
      return client.call('metrics.history', { api, region, ...page }, { signal })
    },
    initialPageParam: null as number | null,
    getNextPageParam: nextAsOf,
    staleTime: Number.POSITIVE_INFINITY,
  })

  const { data: latest, isProvisional } = useTopic('metrics', { api, region })
  const newest = query.data?.pages[0]?.items[0]
  const isFilling = useRef(false)
  useEffect(() => {
    if (latest === undefined || isProvisional || query.data === undefined || isFilling.current) return
    const isBehind = newest === undefined || newest.epoch !== latest.epoch || newest.revision < latest.revision
    if (!isBehind) return
    const add = (entries: readonly MetricsSnapshot[]) =>
      queries.setQueryData<Pages>(queryKey, (pages) => pages && withEntries(pages, entries))
    if (newest?.epoch === latest.epoch && newest.revision + 1 === latest.revision) {
      add([latest])
      return
    }
    // Changes were missed, while disconnected or away from this page: the newest page has them, or it begins anew.
    isFilling.current = true
    client
      .call('metrics.history', { api, region, limit: furtherPages })
      .then(async ({ items }) => {
        const isReached = items.some(({ epoch, revision }) => epoch === newest?.epoch && revision === newest.revision)
        if (isReached) add(items)
        else await queries.resetQueries({ queryKey })
      })
      .catch(() => {
        // The next change, or the next connect, tries again.
      })
      .finally(() => {
        isFilling.current = false
      })
  }, [latest, isProvisional, newest, query.data, queries, queryKey, client, api, region])

  const entries = useMemo(() => toEntries(query.data?.pages ?? []), [query.data])
  return {
    entries,
    isPending: query.isPending,
    error: query.error,
    hasOlder: query.hasNextPage,
    isLoadingOlder: query.isFetchingNextPage,
    loadOlder: () => void query.fetchNextPage(),
    retry: () => void query.refetch(),
  }
}
