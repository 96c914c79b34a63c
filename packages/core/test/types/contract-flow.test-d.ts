import { z } from 'zod'
import { createSightline, defineConfig, defineMutation, definePlugin, type InferContract } from '../../src/index.ts'
import type { Bind, BindData, Contract } from '../../src/protocol/contract.ts'

// What a client derives from a contract; `createClient` has these very signatures.
interface ClientOf<
  C extends Contract,
  O extends Contract['operations'] = C['operations'],
  T extends Contract['topics'] = C['topics'],
  A extends Contract['apis'] = C['apis'],
> {
  call<N extends keyof O, const I extends Bind<O[N]['~op']['input'], A>>(
    name: N,
    input: I,
  ): Promise<BindData<O[N]['~op']['output'], I, A>>
  topic<N extends keyof T, const P extends Bind<T[N]['~topic']['params'], A>>(
    name: N,
    params: P,
  ): { get(): BindData<T[N]['~topic']['data'], P, A> | undefined }
}
declare const createClient: <C extends Contract>() => ClientOf<C>

const deploys = definePlugin({
  name: 'deploys',
  operations: {
    'deploys.record': defineMutation({
      permission: 'deploys:write',
      input: z.object({ service: z.string(), dry: z.boolean().default(false) }),
      output: z.object({ id: z.string() }),
      handle: (input) => ({ id: input.service + String(input.dry) }),
    }),
  },
})
const audit = definePlugin({
  name: 'audit',
  operations: {
    'audit.add': defineMutation({
      permission: 'x:y',
      input: z.object({ api: z.string(), region: z.string() }),
      output: z.number(),
      handle: () => 1,
    }),
  },
})
const config = defineConfig({
  apis: {
    orders: {
      intervalMs: 500,
      schema: z.object({ open: z.number() }),
      regions: { 'us-east': { url: 'x', headers: { 'x-key': 'SECRET' } } },
    },
    search: { regions: { 'eu-west': { url: 'y' } } },
  },
  plugins: [deploys, audit],
})
export const sightline = createSightline(config)
type App = InferContract<typeof sightline>
const client = createClient<App>()

client.topic('metrics', { api: 'orders', region: 'us-east' }).get()?.data.open.toFixed()
client.call('deploys.record', { service: 'x' }).then((deploy) => deploy.id.trim())
client.call('audit.add', { api: 'free', region: 'text' })
client.call('metrics.history', { api: 'search', region: 'eu-west', limit: 1 })
client.call('metrics.history', { api: 'orders', region: 'us-east' }).then((page) => page.items[0]?.data.open.toFixed())
client.call('metrics.get', { api: 'orders', region: 'us-east' }).then((snapshot) => snapshot.data.open.toFixed())
client.topic('regions', undefined).get()?.[0]?.label.trim()
// @ts-expect-error a region of another api
client.topic('metrics', { api: 'search', region: 'us-east' })
// @ts-expect-error likewise in a call
client.call('metrics.history', { api: 'orders', region: 'eu-west' })
// @ts-expect-error a misspelt operation
client.call('deploys.recrd', { service: 'x' })
// @ts-expect-error an api without a schema has unknown documents
client.topic('metrics', { api: 'search', region: 'eu-west' }).get()?.data.open
// @ts-expect-error a misspelt option
createSightline({ apis: { a: { intervalMS: 5, regions: { b: { url: 'x' } } } } })

const plain = createSightline({ apis: { a: { regions: { b: { url: 'x' } } } } })
createClient<InferContract<typeof plain>>().topic('metrics', { api: 'a', region: 'b' })
