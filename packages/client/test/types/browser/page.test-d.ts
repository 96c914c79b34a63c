import type { Contract, CoreOperations, CoreTopics } from '@sightline/core/protocol'
import { createClient } from '../../../src/index.ts'

/** As `InferContract` gives it, without the server it comes from. */
interface App extends Contract {
  apis: { orders: { region: 'us-east'; data: { open: number } } }
  operations: CoreOperations
  topics: CoreTopics
}

const client = createClient<App>({ url: '/sightline', auth: async () => ({ token: localStorage.getItem('token') }) })
client.topic('metrics', { api: 'orders', region: 'us-east' }).subscribe(({ data, isStale }) => {
  document.title = `${data?.data.open.toFixed() ?? '–'}${isStale ? ' …' : ''}`
})
client.connection.subscribe(({ status }) => document.body.classList.toggle('offline', status !== 'connected'))
