/** Runs as a process of its own: a worker on ticks. Sends how late they came and what they cost. */
import { bullScheduler } from '@sightline/adapter-redis/bull'
import { timerScheduler } from '@sightline/core'
import { quantile } from './median.ts'

const [url = '', ...numbers] = process.argv.slice(2)
const [targets = 0, everyMs = 0, warmUpMs = 0, runMs = 0] = numbers.map(Number)
const scheduler = url === '' ? timerScheduler() : bullScheduler({ connection: url })
const drifts: number[] = []

await scheduler.put(
  Array.from({ length: targets }, (_, index) => ({
    id: `target-${index}`,
    kind: 'poll',
    payload: '{}',
    everyMs,
    offsetMs: Math.floor((index * everyMs) / targets),
    lane: 'default',
  })),
)
await scheduler.start({ lanes: ['default'], run: async ({ dueAt }) => void drifts.push(Date.now() - dueAt) })
await new Promise((resolve) => setTimeout(resolve, warmUpMs))
drifts.length = 0
const cpuBefore = process.cpuUsage()
await new Promise((resolve) => setTimeout(resolve, runMs))
const { user, system } = process.cpuUsage(cpuBefore)
process.send?.({ ticks: drifts.length, cpuMicros: user + system, p50: quantile(drifts, 0.5), p99: quantile(drifts, 0.99) })
await scheduler.close()
process.disconnect?.()
