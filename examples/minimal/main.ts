/** Sightline inside a program: no server, no database. It polls two targets, prints what changes, and ends after some seconds. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { allowAll, createSightline, defineProbe } from '@sightline/core'

const runForMs = Number(process.argv[2] ?? 10_000)

// A provider, so that there is one: how many orders it has open, and when it said so.
let open = 3
const provider = createServer((_request, response) => {
  response.end(JSON.stringify({ open, generatedAt: Date.now() }))
})
await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
const { port } = provider.address() as AddressInfo

// Anything that a function can find out is a target too.
const queue = ['a', 'b']
const queueDepth = defineProbe({
  name: 'queue-depth',
  collect: () => ({ status: 'up', metrics: { depth: queue.length } }),
})

const sightline = createSightline({
  access: allowAll(),
  apis: {
    orders: { intervalMs: 200, ignore: ['generatedAt'], regions: { 'us-east': { url: `http://127.0.0.1:${port}` } } },
    jobs: { intervalMs: 200, regions: { local: { probe: queueDepth } } },
  },
})

sightline.on('snapshot:changed', ({ api, region, revision, data }) => {
  console.log(`${api} ${region} #${revision} ${JSON.stringify(data)}`)
})
await sightline.start()

const orders = setInterval(() => {
  open += 1
}, 1_000)
const jobs = setInterval(() => queue.push('another'), 2_000)
await sleep(runForMs)
clearInterval(orders)
clearInterval(jobs)

const { polls, changes } = sightline.counters()
console.log(`${polls} polls, ${changes} changes`)
await sightline.stop()
provider.close()
