import type { Clock } from './ports/clock.ts'
import type { Usage } from './services/service-reporter.ts'

/** As much of Node's `process` as is asked; other runtimes may have none of it. */
interface ProcessLike {
  cpuUsage?(): { readonly user: number; readonly system: number }
  memoryUsage?(): { readonly rss: number }
  constrainedMemory?(): number
  availableMemory?(): number
}

/** Reads what this process uses: CPU since the last reading, memory of what it may have. Null where the runtime does not say. */
export const createUsageReader = (
  clock: Clock,
  process: ProcessLike | undefined = (globalThis as { readonly process?: ProcessLike }).process,
): (() => Usage) | null => {
  const { cpuUsage, memoryUsage } = process ?? {}
  if (process === undefined || cpuUsage === undefined || memoryUsage === undefined) return null
  let cpu = cpuUsage()
  let at = clock.monotonic()

  return () => {
    const now = clock.monotonic()
    const next = cpuUsage()
    const busyMs = (next.user + next.system - cpu.user - cpu.system) / 1_000
    const cpuPercent = now > at ? (busyMs / (now - at)) * 100 : 0
    cpu = next
    at = now
    const { rss } = memoryUsage()
    const free = process.availableMemory?.() ?? 0
    const limit = Math.min(process.constrainedMemory?.() || Number.POSITIVE_INFINITY, rss + free)
    return { cpuPercent, ramPercent: limit > 0 ? (rss / limit) * 100 : 0 }
  }
}
