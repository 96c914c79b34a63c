import type { RegionStatus } from '@sightline/core/protocol'
import { QueryClient, useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { connectQueries, createHooks } from '../src/index.ts'
import { type App, hooks, type Note, type Order, openClient, ref, type Shop } from './support/shop.tsx'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const assert = <_ extends true>() => {}

const { SightlineProvider, useTopic, useSuspenseTopic, useMutation, useConnection, queryOptions } = hooks

export const Page = () => {
  const { data, isStale } = useTopic(
    'metrics',
    { api: 'orders', region: 'us-east' },
    { select: (snapshot) => snapshot.data.open },
  )
  assert<Equal<typeof data, number | undefined>>()
  const whole = useTopic('metrics', ref)
  assert<Equal<NonNullable<typeof whole.data>['data'], Order>>()
  const regions = useTopic('regions')
  assert<Equal<typeof regions.data, readonly RegionStatus[] | undefined>>()
  const labels = useTopic('regions', undefined, { select: (all) => all.map(({ label }) => label) })
  assert<Equal<typeof labels.data, string[] | undefined>>()
  const loaded = useSuspenseTopic('metrics', ref, { select: ({ data: { hosts } }) => hosts.length })
  assert<Equal<typeof loaded.data, number>>()
  const notes = useSuspenseTopic('notes')
  assert<Equal<typeof notes.data, readonly Note[]>>()

  const add = useMutation('notes.add', {
    optimistic: (draft, { text }) => draft.topic('notes', undefined, (all) => [...all, { id: 'soon', text }]),
    onSuccess: ({ id }) => id.trim(),
  })
  add.mutate({ text: 'x' })
  assert<Equal<typeof add.data, Note | undefined>>()
  void add.mutateAsync({ text: 'x' }, { idempotencyKey: 'form-1' }).then(({ id }) => id.trim())

  const history = useQuery(queryOptions('metrics.history', { api: 'orders', region: 'us-east' }))
  history.data?.items[0]?.data.open.toFixed()
  const count = useSuspenseQuery({ ...queryOptions('notes.count', {}), staleTime: 5 })
  assert<Equal<typeof count.data, number>>()
  const { status, error } = useConnection()

  // @ts-expect-error a region of no api
  useTopic('metrics', { api: 'orders', region: 'mars' })
  // @ts-expect-error a topic that needs params
  useTopic('metrics')
  // @ts-expect-error a query is no mutation
  useMutation('metrics.history')
  // @ts-expect-error a mutation is no query
  queryOptions('notes.add', { text: 'x' })
  // @ts-expect-error an input of another type
  add.mutate({ text: 5 })
  return <p>{`${data} ${isStale} ${status} ${error?.code}`}</p>
}

export const Root = ({ shop }: { shop: Shop }) => {
  const { client } = openClient(shop)
  const queryClient = new QueryClient()
  connectQueries(queryClient, client)
  void queryClient.prefetchQuery(queryOptions('metrics.listApis', {}))
  return (
    <SightlineProvider client={client}>
      <Page />
    </SightlineProvider>
  )
}
export const typed = createHooks<App>().useTopic
