/**
 * Runs as a process of its own: a host that answers requests, alone (no services) or with services that are checked by code, with rules and
 * samples stored. Says its port, then what it took.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const [services = 0, intervalMs = 0, runMs = 0] = process.argv.slice(-3).map(Number)
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const measured = (): { readonly residentMegabytes: number; readonly heapMegabytes: number } => {
  globalThis.gc?.()
  const { rss, heapUsed } = process.memoryUsage()
  return { residentMegabytes: rss / 1_048_576, heapMegabytes: heapUsed / 1_048_576 }
}

await pause(1_000)
const idle = measured()

let requests = 0
const server = createServer((_request, response) => {
  requests++
  const items = Array.from({ length: 50 }, (_, place) => ({ place, name: `item ${place}`, price: place * 1.5, requests }))
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ items }))
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

let checks = 0
const probe = {
  collect: async () => {
    checks++
    const latencyMs = 20 + (checks % 700) / 100
    return { outcome: 'value' as const, value: { ok: true }, latencyMs, values: { queueDepth: checks % 50, cpuPercent: 5 } }
  },
}

/** What it takes to load it is its own. */
const watch = async (): Promise<{ readonly loaded: ReturnType<typeof measured>; stop(): Promise<void> }> => {
  const { allowAll, createSightline } = await import('@sightline/core')
  const { sqliteStorage } = await import('@sightline/adapter-sql')
  const loaded = measured()
  const folder = mkdtempSync(join(tmpdir(), 'sightline-bench-'))
  const sightline = createSightline({
    access: allowAll(),
    storage: sqliteStorage({ file: join(folder, 'services.db') }),
    services: Object.fromEntries(Array.from({ length: services }, (_, index) => [`service-${index}`, { probe, intervalMs }])),
  })
  await sightline.start()
  const stop = async (): Promise<void> => {
    await sightline.stop()
    rmSync(folder, { recursive: true })
  }
  return { loaded, stop }
}

const watching = services === 0 ? null : await watch()
process.send?.({ port: (server.address() as AddressInfo).port })
await pause(intervalMs + 2_000)
checks = 0
requests = 0
const [cpuBefore, begunAt] = [process.cpuUsage(), performance.now()]
await pause(runMs)
const { user, system } = process.cpuUsage(cpuBefore)
const corePercent = (user + system) / 10 / (performance.now() - begunAt)
process.send?.({ checks, requests, corePercent, idle, loaded: watching?.loaded ?? idle, after: measured() })
await watching?.stop()
server.closeAllConnections()
server.close()
process.disconnect?.()
