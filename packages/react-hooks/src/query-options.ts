import type { Client, Contract, InputOf, OutputOf, QueryName } from '@sightline/client'

/** What TanStack Query's `useQuery`, `useSuspenseQuery`, `prefetchQuery` and their like take. */
export interface OperationQuery<N extends string, Input, Output> {
  readonly queryKey: readonly ['sightline', N, Input]
  /** Tells the result's type; the function itself is the one that `connectQueries` set. */
  readonly queryFn?: (context: unknown) => Promise<Output>
}

/**
 * A query of TanStack Query for an operation that only reads. Its client comes from `connectQueries`.
 *
 * @example
 * const history = useQuery(queryOptions('metrics.history', { api: 'orders', region: 'us-east' }))
 * const slow = useQuery({ ...queryOptions('metrics.listApis', {}), staleTime: 60_000 })
 */
export type QueryOptions<C extends Contract> = <N extends QueryName<C>, const I extends InputOf<C, N>>(
  name: N,
  input: I,
) => OperationQuery<N, I, OutputOf<C, N, I>>

export const createQueryOptions =
  <C extends Contract>(): QueryOptions<C> =>
  (name, input) => ({ queryKey: ['sightline', name, input] })

/** As much of TanStack Query's `QueryClient` as is needed, so that nothing has to be installed for what does not use it. */
export interface QueryDefaults {
  setQueryDefaults(
    queryKey: readonly unknown[],
    options: { queryFn: (context: { readonly queryKey: readonly unknown[]; readonly signal: AbortSignal }) => Promise<unknown> },
  ): void
}

/**
 * Has a `QueryClient` answer `queryOptions` through a client: one of each per page, or per request that is rendered on a server.
 *
 * @example
 * const queryClient = new QueryClient()
 * connectQueries(queryClient, client)
 */
export const connectQueries = <C extends Contract>(queryClient: QueryDefaults, client: Client<C>): void => {
  queryClient.setQueryDefaults(['sightline'], {
    queryFn: ({ queryKey: [, name, input], signal }) => client.call(name as never, input as never, { signal }),
  })
}
