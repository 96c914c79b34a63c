/** A process that checks a service of the server at `argv[2]`, and tells that server, on the PostgreSQL and Redis of `argv[3]` and `argv[4]`. */
import { postgresStorage } from '@sightline/adapter-sql'
import { allowAll, createSightline, defineNotifier, type Probe, silentLogger } from '@sightline/core'
import { redisFrom } from '../../src/redis-from.ts'

const [, , url = '', postgres = '', redis = '', scheduled = ''] = process.argv
const { bus, cache, scheduler } = await redisFrom(redis)

const probe: Probe = {
  collect: async ({ signal }) => {
    const response = await fetch(`${url}/jobs?by=${process.pid}`, { signal })
    if (!response.ok) throw new Error(`HTTP ${response.status}`)
    return { outcome: 'value', latencyMs: 1, values: {}, value: {} }
  },
}

const ops = defineNotifier({
  name: 'test',
  send: async ({ status }, { idempotencyKey, signal }) => {
    await fetch(`${url}/told`, {
      method: 'POST',
      signal,
      body: JSON.stringify({ status, key: idempotencyKey, by: process.pid }),
    })
  },
})

const sightline = createSightline({
  access: allowAll(),
  logger: silentLogger(),
  storage: postgresStorage({ url: postgres }),
  bus,
  cache,
  ...(scheduled === 'bull' ? { scheduler } : {}),
  probes: [],
  services: { jobs: { probe, intervalMs: 2_000 } },
  rules: {
    'service-down': { severity: 'critical', condition: { kind: 'verdict', is: 'down' }, flapping: null, keepFiringForMs: 0 },
    // A machine that is busy with more is slow to be heard; that is not what is tested.
    'heartbeat-missed': false,
  },
  notifiers: { ops },
  routes: [{ channels: ['ops'], groupWaitMs: 0, groupIntervalMs: 0 }],
})
await sightline.start()

process.on('message', async (question) => {
  if (question === 'stop') {
    await sightline.stop()
    process.exit()
  }
  const ask = (operation: string, input: unknown) =>
    sightline.call({ operation: operation as never, input: input as never, as: 'system' })
  const [incidents, jobs] = await Promise.all([ask('incidents.list', {}), ask('services.get', { name: 'jobs' })])
  process.send?.({ question, incidents, jobs })
})
process.on('disconnect', () => process.exit())
process.send?.('started')
