/** A process that checks a service of the server at `argv[3]` on the storage in `argv[2]`, and tells that server. No bus. */
import { sqliteStorage } from '../../../../adapter-sql/src/sqlite/sqlite-storage.ts'
import { allowAll, createSightline, defineNotifier, type Probe, silentLogger } from '../../../src/index.ts'

const [, , file = '', url = ''] = process.argv

const probe = (service: string): Probe => ({
  collect: async ({ signal }) => {
    const response = await fetch(`${url}/${service}?by=${process.pid}`, { signal })
    if (!response.ok) throw new Error(`HTTP ${response.status}`)
    return { outcome: 'value', latencyMs: 1, values: {}, value: {} }
  },
})

const ops = defineNotifier({
  name: 'test',
  send: async ({ status }, { idempotencyKey, signal }) => {
    await fetch(`${url}/told`, { method: 'POST', signal, body: JSON.stringify({ status, key: idempotencyKey }) })
  },
})

const sightline = createSightline({
  access: allowAll(),
  logger: silentLogger(),
  storage: sqliteStorage({ file }),
  probes: [],
  services: { jobs: { probe: probe('jobs'), intervalMs: 3_000 } },
  rules: {
    'service-down': { severity: 'critical', condition: { kind: 'verdict', is: 'down' }, flapping: null, keepFiringForMs: 5_000 },
    // A machine that is busy with more is slow to be heard; that is not what is tested.
    'heartbeat-missed': false,
  },
  notifiers: { ops },
  routes: [{ channels: ['ops'], groupWaitMs: 1_000 }],
})
await sightline.start()

process.on('message', async (question) => {
  const ask = (operation: string, input: unknown) =>
    sightline.call({ operation: operation as never, input: input as never, as: 'system' })
  const [incidents, jobs] = await Promise.all([ask('incidents.list', {}), ask('services.get', { name: 'jobs' })])
  process.send?.({ question, incidents, jobs })
})
process.on('disconnect', () => process.exit())
process.send?.('started')
