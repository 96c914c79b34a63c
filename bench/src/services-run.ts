/**
 * Runs as a process of its own: a host that answers requests, alone (no services) or with services that are checked by code, with rules and
 * samples stored. Says its port; each message afterwards is answered with what it took since the one before.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getHeapSpaceStatistics } from 'node:v8'

const [kind, ...numbers] = process.argv.slice(-3)
const [services = 0, intervalMs = 0] = numbers.map(Number)
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const measured = (): { readonly residentMegabytes: number; readonly heapMegabytes: number; readonly youngMegabytes: number } => {
  globalThis.gc?.()
  const { rss, heapUsed } = process.memoryUsage()
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.physical_space_size ?? 0
  return { residentMegabytes: rss / 1_048_576, heapMegabytes: heapUsed / 1_048_576, youngMegabytes: young / 1_048_576 }
}

await pause(1_000)
const idle = measured()

let requests = 0

/** Answers at once, and keeps nothing. */
const plainHost = (): RequestListener => (_request, response) => {
  requests++
  const items = Array.from({ length: 50 }, (_, place) => ({ place, name: `item ${place}`, price: place * 1.5, requests }))
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ items }))
}

const SESSIONS = 1_000
const DATABASE_MS = 10

/** An application as there are many: it reads a body, waits for its database, and keeps the latest sessions. */
const shopHost = async (): Promise<RequestListener> => {
  const { default: express } = await import('express')
  const app = express()
  const sessions = new Map<string, { readonly user: string; readonly seenAt: number; readonly items: readonly unknown[] }>()
  app.use(express.json())
  app.post('/carts/:user', async (request, response) => {
    requests++
    await pause(DATABASE_MS)
    const { user } = request.params
    const items = [...(sessions.get(user)?.items ?? []), ...request.body.items].slice(-10)
    sessions.delete(user)
    sessions.set(user, { user, seenAt: Date.now(), items })
    if (sessions.size > SESSIONS) sessions.delete(sessions.keys().next().value as string)
    response.json(sessions.get(user))
  })
  return app
}

const server = createServer(kind === 'shop' ? await shopHost() : plainHost())
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

process.once('disconnect', () => process.exit())

let since = { cpu: process.cpuUsage(), at: performance.now() }
const end = async (): Promise<void> => {
  await watching?.stop()
  server.closeAllConnections()
  server.close()
  process.disconnect?.()
}

process.on('message', ({ isLast }: { readonly isLast: boolean }) => {
  const { user, system } = process.cpuUsage(since.cpu)
  const corePercent = (user + system) / 10 / (performance.now() - since.at)
  process.send?.({ checks, requests, corePercent, idle, loaded: watching?.loaded ?? idle, after: measured() })
  checks = 0
  requests = 0
  since = { cpu: process.cpuUsage(), at: performance.now() }
  if (isLast) void end()
})
process.send?.({ port: (server.address() as AddressInfo).port })
