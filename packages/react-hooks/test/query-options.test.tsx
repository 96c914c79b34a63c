// @vitest-environment jsdom
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { cleanup, renderHook, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connectQueries } from '../src/index.ts'
import { hooks, openClient, openShop, ref, type Shop } from './support/shop.tsx'

const { queryOptions } = hooks
let shop: Shop
beforeEach(async () => {
  shop = await openShop()
})
afterEach(async () => {
  cleanup()
  await shop.close()
})

const setup = () => {
  const { client } = openClient(shop)
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false, gcTime: 0 } } })
  connectQueries(queryClient, client)
  return { queryClient, client }
}

test('an operation is a query, with the output’s type', async () => {
  const { queryClient } = setup()
  const { result } = renderHook(() => useQuery(queryOptions('metrics.history', ref)), {
    wrapper: ({ children }) => <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>,
  })
  await waitFor(() => expect(result.current.data?.items[0]?.data.open.toFixed(1)).toBe('1.0'))
})

test('works outside of components, and rejects with the server’s error', async () => {
  const { queryClient } = setup()
  expect(await queryClient.fetchQuery(queryOptions('notes.count', { atLeast: 1 }))).toBe(0)
  await expect(
    queryClient.fetchQuery(queryOptions('metrics.get', { api: 'orders', region: 'mars' as 'us-east' })),
  ).rejects.toMatchObject({
    code: 'UNKNOWN_REGION',
  })
})

test('each query client has a client of its own', async () => {
  const other = await openShop()
  await other.report(7)
  const { client } = openClient(other)
  const queryClient = new QueryClient()
  connectQueries(queryClient, client)
  const first = setup()
  const openOf = async (from: QueryClient) => (await from.fetchQuery(queryOptions('metrics.get', ref))).data.open
  expect([await openOf(first.queryClient), await openOf(queryClient)]).toEqual([1, 7])
  await other.close()
})

test('what is not needed any more is given up', async () => {
  const { queryClient, client } = setup()
  let reason: unknown
  const call = client.call
  connectQueries(queryClient, {
    ...client,
    call: ((name: never, input: never, options: { signal: AbortSignal }) => {
      options.signal.addEventListener('abort', () => {
        reason = options.signal.aborted
      })
      return call(name, input, options)
    }) as typeof call,
  })
  const fetching = queryClient.fetchQuery(queryOptions('notes.count', {})).catch(() => {})
  await queryClient.cancelQueries()
  await fetching
  expect(reason).toBe(true)
})
