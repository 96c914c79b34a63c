/** Runs as a process of its own: services that are checked by code, with rules and samples stored. Sends the CPU share and the memory over the host. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const [services = 0, intervalMs = 0, runMs = 0] = process.argv.slice(2).map(Number)
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const megabytes = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().rss / 1_048_576
}

await pause(1_000)
const hostMegabytes = megabytes()
// Only now: what it takes to load it is its own.
const { allowAll, createSightline } = await import('@sightline/core')
const { sqliteStorage } = await import('@sightline/adapter-sql')

const folder = mkdtempSync(join(tmpdir(), 'sightline-bench-'))
let checks = 0
const probe = {
  collect: async () => {
    checks++
    const latencyMs = 20 + (checks % 700) / 100
    return { outcome: 'value' as const, value: { ok: true }, latencyMs, values: { queueDepth: checks % 50, cpuPercent: 5 } }
  },
}
const sightline = createSightline({
  access: allowAll(),
  storage: sqliteStorage({ file: join(folder, 'services.db') }),
  services: Object.fromEntries(Array.from({ length: services }, (_, index) => [`service-${index}`, { probe, intervalMs }])),
})
await sightline.start()
await pause(intervalMs + 2_000)
checks = 0
const [cpuBefore, begunAt] = [process.cpuUsage(), performance.now()]
await pause(runMs)
const { user, system } = process.cpuUsage(cpuBefore)
const elapsedMs = performance.now() - begunAt
const measured = { checks, corePercent: (user + system) / 10 / elapsedMs, overHostMegabytes: megabytes() - hostMegabytes }
await sightline.stop()
rmSync(folder, { recursive: true })
process.send?.(measured)
process.disconnect?.()
