/** Runs as a process of its own: function targets at an interval. Sends start drift, event-loop delay, memory and CPU per poll. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { allowAll, createSightline } from '@sightline/core'
import { quantile } from './median.ts'

const [targets = 0, intervalMs = 0, runMs = 0] = process.argv.slice(2).map(Number)
const starts = new Map<string, number>()
const drifts: number[] = []

const probe = (name: string) => ({
  collect: async () => {
    const now = performance.now()
    const before = starts.get(name)
    if (before !== undefined) drifts.push(Math.abs(now - before - intervalMs))
    starts.set(name, now)
    return { outcome: 'value' as const, value: { name, open: 3, load: [1, 2, 3] }, latencyMs: 0, values: {} }
  },
})

const names = Array.from({ length: targets }, (_, index) => `r${index}`)
const sightline = createSightline({
  access: allowAll(),
  apis: { bench: { intervalMs, regions: Object.fromEntries(names.map((name) => [name, { probe: probe(name) }])) } },
})
await sightline.start()
await new Promise((resolve) => setTimeout(resolve, intervalMs + 500))
drifts.length = 0
const pollsBefore = sightline.counters().polls
const loop = monitorEventLoopDelay({ resolution: 10 })
loop.enable()
const cpuBefore = process.cpuUsage()
await new Promise((resolve) => setTimeout(resolve, runMs))
const { user, system } = process.cpuUsage(cpuBefore)
const polls = sightline.counters().polls - pollsBefore
loop.disable()
process.send?.({
  polls,
  cpuPerPoll: (user + system) / polls,
  driftP99: quantile(drifts, 0.99),
  // The histogram counts its own resolution in.
  loopDelayP99: Math.max(0, loop.percentile(99) / 1e6 - 10),
  rssMegabytes: process.memoryUsage().rss / 1_048_576,
})
await sightline.stop()
process.disconnect?.()
