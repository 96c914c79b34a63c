import { totalmem } from 'node:os'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'

/** What this process uses, since it was last asked. */
export interface ProcessUsage {
  /** `cpuPercent` of one core, over 100 where several threads work, `ramPercent` of all memory it may use, `eventLoopDelayP99Ms`. */
  read(): Readonly<Record<string, number>>
  close(): void
}

/** In a container its limit counts, not the machine's memory. */
const memoryLimit = (): number => {
  const constrained = process.constrainedMemory()
  const total = totalmem()
  return constrained > 0 && constrained < total ? constrained : total
}

const RESOLUTION_MS = 20

const delayOf = (histogram: ReturnType<typeof monitorEventLoopDelay>): number => {
  const measuredMs = histogram.percentile(99) / 1e6
  histogram.reset()
  // The histogram measures the timer's own pace along.
  return Number.isFinite(measuredMs) ? Math.max(0, measuredMs - RESOLUTION_MS) : 0
}

export const createProcessUsage = (): ProcessUsage => {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  let cpu = process.cpuUsage()
  let atMs = performance.now()

  return {
    read: () => {
      const used = process.cpuUsage(cpu)
      const elapsedMs = Math.max(1, performance.now() - atMs)
      cpu = process.cpuUsage()
      atMs += elapsedMs
      const memory = process.memoryUsage()
      return {
        cpuPercent: ((used.user + used.system) / 1000 / elapsedMs) * 100,
        ramPercent: Math.min(100, (memory.rss / memoryLimit()) * 100),
        rssBytes: memory.rss,
        heapUsedBytes: memory.heapUsed,
        eventLoopDelayP99Ms: delayOf(histogram),
      }
    },
    close: () => {
      histogram.disable()
    },
  }
}
