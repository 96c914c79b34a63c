/**
 * Runs as a process of its own: a Sightline whose target is not due, on a MongoDB without change streams, or in memory without an address.
 * Sends the share of a core that it takes while nothing happens.
 */
import { mongoStorage } from '@sightline/adapter-mongo'
import { allowAll, createSightline, memoryStorage } from '@sightline/core'

const [url = '', runMs = '0'] = process.argv.slice(2)
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

let count = 0
const probe = { collect: async () => ({ outcome: 'value' as const, value: { count: ++count }, latencyMs: 0, values: {} }) }
const sightline = createSightline({
  access: allowAll(),
  storage: url === '' ? memoryStorage() : mongoStorage({ url }),
  apis: { bench: { intervalMs: 3_600_000, regions: { r0: { probe } } } },
})
await sightline.start()
await sightline.ready()
const begunAt = performance.now()
// A server that neither refuses a stream nor tells anything is found out by the first change that it keeps to itself.
await sightline.call({ operation: 'metrics.pollNow', input: { api: 'bench', region: 'r0' }, as: 'system' })
while (url !== '' && sightline.info().feed.mode !== 'poll') await pause(50)
const fallbackMs = performance.now() - begunAt
await pause(3_000)
const [before, from] = [process.cpuUsage(), performance.now()]
await pause(Number(runMs))
const { user, system } = process.cpuUsage(before)
process.send?.({ corePercent: (user + system) / 10 / (performance.now() - from), fallbackMs })
await sightline.stop()
process.disconnect?.()
