import { createClient } from '@sightline/client'
import { connectQueries, createHooks } from '@sightline/react-hooks'
import { QueryClient, useQuery } from '@tanstack/react-query'
import type { App } from './server.ts'

const client = createClient<App>({ url: '/sightline', auth: async () => ({ token: 't' }) })
export const { SightlineProvider, useTopic, useMutation, queryOptions } = createHooks<App>()

export const Orders = () => {
  const { data, isStale } = useTopic(
    'metrics',
    { api: 'orders', region: 'us-east' },
    { select: (snapshot) => snapshot.data.open },
  )
  const history = useQuery(queryOptions('metrics.history', { api: 'orders', region: 'us-east' }))
  const opened: number | undefined = history.data?.items[0]?.data.open
  return (
    <output>
      {data?.toFixed()} {opened} {isStale ? 'stale' : 'live'}
    </output>
  )
}

export const misuse = (): void => {
  // @ts-expect-error a region of another api
  client.topic('metrics', { api: 'jobs', region: 'us-east' })
  // @ts-expect-error a misspelt operation
  void client.call('deploys.recrd', { service: 'checkout' })
  // @ts-expect-error an input of the wrong type
  void client.call('deploys.record', { service: 1 })
}

export const record = async (): Promise<string> => (await client.call('deploys.record', { service: 'checkout' })).id

export const connect = (): void => connectQueries(new QueryClient(), client)
