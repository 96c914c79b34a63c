import {
  createSightline,
  defineMutation,
  definePlugin,
  defineQuery,
  defineTopic,
  directTransport,
  type InferContract,
} from '@sightline/core'
import type { MetricsSnapshot, RegionStatus, Schema } from '@sightline/core/protocol'
import { type Client, createClient, type MutationName, type QueryName, type TopicView } from '../../src/index.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const assert = <_ extends true>() => {}

// Any Standard Schema; this one knows types only.
declare const schema: <Input, Output = Input>() => Schema<Input, Output>

const deploys = definePlugin({
  name: 'deploys',
  operations: {
    'deploys.record': defineMutation({
      permission: 'deploys:write',
      input: schema<{ service: string; dry?: boolean }, { service: string; dry: boolean }>(),
      output: schema<{ id: string }>(),
      handle: (input) => ({ id: input.service + String(input.dry) }),
    }),
    'deploys.count': defineQuery({
      permission: 'deploys:view',
      input: schema<Record<never, never>>(),
      output: schema<number>(),
      handle: () => 1,
    }),
  },
  topics: {
    deploys: defineTopic({
      kind: 'log',
      permission: 'deploys:view',
      params: schema<{ service: string; limit?: number }>(),
      data: schema<{ id: string }[]>(),
      load: async () => ({ entries: [], cursor: '' }),
    }),
  },
})
export const sightline = createSightline({
  apis: {
    orders: { schema: schema<{ open: number }>(), regions: { 'us-east': { url: 'x', headers: { k: 'SECRET' } } } },
    search: { regions: { 'eu-west': { url: 'y' }, 'us-west': { url: 'z' } } },
  },
  plugins: [deploys],
})
type App = InferContract<typeof sightline>
const client = createClient<App>({ url: '/sightline', auth: async () => ({ token: 'x' }) })

// Topics: names, params and data from the configuration.
const orders = client.topic('metrics', { api: 'orders', region: 'us-east' })
orders.get()?.data.open.toFixed()
orders.subscribe(({ data, isStale, error }) => [data?.data.open.toFixed(), isStale satisfies boolean, error?.code])
void orders.ready().then((snapshot) => snapshot.data.open.toFixed())
assert<Equal<ReturnType<typeof orders.view>, TopicView<MetricsSnapshot<{ open: number }>>>>()
const search = client.topic('metrics', { api: 'search', region: 'eu-west' })
assert<Equal<ReturnType<typeof search.get>, MetricsSnapshot<unknown> | undefined>>()
const deployed = client.topic('deploys', { service: 'checkout' })
assert<Equal<ReturnType<typeof deployed.get>, { id: string }[] | undefined>>()
// Topics without params take none.
const regions = client.topic('regions')
assert<Equal<ReturnType<typeof regions.get>, readonly RegionStatus[] | undefined>>()
client.topic('regions', undefined).get()?.[0]?.label.trim()

// Calls: inputs and outputs likewise.
void client.call('deploys.record', { service: 'x' }).then((deploy) => deploy.id.trim())
void client.call('deploys.count', {}).then((count) => count.toFixed())
void client.call(
  'metrics.history',
  { api: 'search', region: 'eu-west', limit: 1 },
  { signal: AbortSignal.timeout(1), timeoutMs: 5 },
)
void client.call('metrics.history', { api: 'orders', region: 'us-east' }).then((page) => page.items[0]?.data.open.toFixed())
void client.call('metrics.get', { api: 'orders', region: 'us-east' }).then((snapshot) => snapshot.data.open.toFixed())
void client.call(
  'deploys.record',
  { service: 'x' },
  {
    idempotencyKey: 'k',
    optimistic: (draft) => draft.topic('deploys', { service: 'x' }, (data) => [...data, { id: 'soon' }]),
  },
)

assert<
  Equal<
    Extract<MutationName<App>, `deploys.${string}` | `metrics.${string}`>,
    'deploys.record' | 'metrics.setInterval' | 'metrics.pollNow'
  >
>()
assert<Equal<QueryName<App> & 'deploys.count', 'deploys.count'>>()

// A client of one contract stands for a client of any.
export const anyClient = (given: Client<App>): void => given.close()
createClient<App>({ transport: directTransport(sightline, { as: null }) })
createClient<App>({
  transport: directTransport(sightline, { as: { id: 'u', roles: [], teams: [] } }),
  hydrate: client.dehydrate(),
})

// @ts-expect-error a region of another api
client.topic('metrics', { api: 'search', region: 'us-east' })
// @ts-expect-error an api that is not configured
client.topic('metrics', { api: 'payments', region: 'us-east' })
// @ts-expect-error a topic that needs params
client.topic('metrics')
// @ts-expect-error a misspelt topic
client.topic('region')
// @ts-expect-error params of another type
client.topic('deploys', { service: 1 })
// @ts-expect-error likewise in a call
void client.call('metrics.history', { api: 'orders', region: 'eu-west' })
// @ts-expect-error a misspelt operation
void client.call('deploys.recrd', { service: 'x' })
// @ts-expect-error an api without a schema has unknown documents
client.topic('metrics', { api: 'search', region: 'eu-west' }).get()?.data.open
void client.call(
  'deploys.record',
  { service: 'x' },
  // @ts-expect-error a recipe that makes something else of the data
  { optimistic: (draft) => draft.topic('deploys', { service: 'x' }, () => [{ id: 5 }]) },
)
// @ts-expect-error a misspelt option
createClient<App>({ uri: '/sightline' })

const plain = createSightline({ apis: { a: { regions: { b: { url: 'x' } } } } })
createClient<InferContract<typeof plain>>().topic('metrics', { api: 'a', region: 'b' })
