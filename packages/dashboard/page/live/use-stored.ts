import type { SightlineError } from '@sightline/client'
import { useInfiniteQuery } from '@tanstack/react-query'

interface Page<Item> {
  readonly items: readonly Item[]
  readonly next: string | null
}

interface Stored<Item> {
  readonly items: readonly Item[]
  readonly isPending: boolean
  readonly isLoadingMore: boolean
  readonly hasMore: boolean
  readonly error: SightlineError | null
  loadMore(): void
}

/** A list that is stored, page by page. `load` belongs to `key`: another list has another. */
export const useStored = <Item>(
  key: readonly unknown[],
  load: (page: { readonly cursor?: string }, signal: AbortSignal) => Promise<Page<Item>>,
): Stored<Item> => {
  const query = useInfiniteQuery({
    queryKey: ['stored', ...key],
    queryFn: ({ pageParam, signal }) => load(pageParam === null ? {} : { cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
  })
  return {
    items: query.data?.pages.flatMap(({ items }) => items) ?? [],
    isPending: query.isPending,
    isLoadingMore: query.isFetchingNextPage,
    hasMore: query.hasNextPage,
    error: query.error as SightlineError | null,
    loadMore: () => void query.fetchNextPage(),
  }
}
