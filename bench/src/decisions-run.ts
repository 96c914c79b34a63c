/**
 * Runs as a process of its own: services on PostgreSQL fail one after another while that is reached, refuses or hangs. Sends, of each way, how
 * long after the check that decides each incident was shown to a client and had arrived where it is told, in ms.
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postgresStorage } from '@sightline/adapter-sql'
import { allowAll, createSightline, type Probe, silentLogger } from '@sightline/core'
import { fileSpool, webhook } from '@sightline/notifiers'
import { serve } from '@sightline/server-socketio'
import { io } from 'socket.io-client'
import { openGate } from './storage-gate.ts'

const [database = '', decisions = ''] = process.argv.slice(2)
const DECISIONS = Number(decisions)
/** Most targets that fail in one tick would be the monitor's own trouble. */
const AT_ONCE = 5
const EVERY_MS = 250
const WAYS = ['reached', 'refuses', 'hangs'] as const
const SECRET = 'a secret of a bench, at least sixteen characters'
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const url = new URL(database)
const gate = await openGate({ host: url.hostname, port: Number(url.port) })
url.port = String(gate.port)
const folder = mkdtempSync(join(tmpdir(), 'sightline-bench-'))

const failing = new Set<string>()
const decidedAt = new Map<string, number>()
const shownAt = new Map<string, number>()
const toldAt = new Map<string, number>()

const probe = (name: string): Probe => ({
  collect: async () => {
    if (!failing.has(name)) return { outcome: 'value', latencyMs: 1, values: {}, value: {} }
    if (!shownAt.has(name) && !toldAt.has(name)) decidedAt.set(name, performance.now())
    throw new Error('connect ECONNREFUSED')
  },
})

const receiver = createServer((request, response) => {
  let text = ''
  request.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
  })
  request.on('end', () => {
    const { notification } = JSON.parse(text)
    const fact = notification.facts.find(({ name }: { readonly name: string }) => name === 'Service')
    if (!toldAt.has(fact?.value)) toldAt.set(fact?.value, performance.now())
    response.writeHead(204).end()
  })
})
await once(receiver.listen(0, '127.0.0.1'), 'listening')

const names = WAYS.map((way) => Array.from({ length: DECISIONS }, (_, index) => `${way}-${index}`))
const sightline = createSightline({
  access: allowAll(),
  logger: silentLogger(),
  storage: postgresStorage({ url: url.href }),
  spool: fileSpool({ file: join(folder, 'bench.spool') }),
  services: Object.fromEntries(names.flat().map((name) => [name, { intervalMs: 1_000, probe: probe(name) }])),
  notifiers: { pager: webhook({ url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`, secret: SECRET }) },
  routes: [{ channels: ['pager'], groupBy: ['service'], groupWaitMs: 0, repeatMs: 0 }],
})
const http = createServer()
serve(sightline, { rateLimit: false }).attach(http)
await once(http.listen(0, '127.0.0.1'), 'listening')
await sightline.start()

const socket = io(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, { transports: ['websocket'] })
socket.onAny((_, frame: { readonly put?: readonly (readonly [string, unknown, { readonly service?: string }])[] }) => {
  for (const [, , item] of frame?.put ?? []) {
    const { service = '' } = item ?? {}
    if (!shownAt.has(service)) shownAt.set(service, performance.now())
  }
})
await new Promise<void>((resolve, reject) => {
  socket.on('connect_error', reject)
  socket.emit('subscribe', { topic: 'incidents' }, ({ ok, error }: { ok: boolean; error?: unknown }) =>
    ok ? resolve() : reject(new Error(JSON.stringify(error))),
  )
})
// What it takes to begin is no decision's.
await pause(8_000)

const measured: Record<string, { shownMs: number[]; toldMs: number[] }> = {}
for (const [turn, way] of WAYS.entries()) {
  const own = names[turn] ?? []
  if (way === 'refuses') await gate.refuse()
  if (way === 'hangs') gate.hang()
  for (let first = 0; first < own.length; first += AT_ONCE) {
    for (const name of own.slice(first, first + AT_ONCE)) failing.add(name)
    await pause(EVERY_MS)
  }
  const isOver = (): boolean => own.every((name) => shownAt.has(name) && toldAt.has(name))
  for (const endsAt = performance.now() + 15_000; !isOver() && performance.now() < endsAt; ) await pause(50)
  const after = (times: ReadonlyMap<string, number>): number[] =>
    // 15 s where it has not come at all.
    own.map((name) => (times.get(name) ?? (decidedAt.get(name) ?? 0) + 15_000) - (decidedAt.get(name) ?? 0))
  measured[way] = { shownMs: after(shownAt), toldMs: after(toldAt) }
  if (way !== 'reached') await gate.open()
  await pause(5_000)
}
socket.disconnect()
await sightline.stop({ timeoutMs: 2_000 })
http.close()
receiver.close()
rmSync(folder, { recursive: true })
process.send?.(measured)
process.disconnect?.()
// The gate may hold connections that nobody ends.
setTimeout(() => process.exit(), 500).unref()
