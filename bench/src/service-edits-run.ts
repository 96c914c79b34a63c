/** Runs as a process of its own: services are added and edited while a client watches all of them. Sends messages and ms of each. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { allowAll, createSightline } from '@sightline/core'
import { serve } from '@sightline/server-socketio'
import { io } from 'socket.io-client'

const [services = 0, edits = 0] = process.argv.slice(2).map(Number)
const SETTLED_MS = 300
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const http = createServer()
const sightline = createSightline({
  access: allowAll(),
  services: Object.fromEntries(Array.from({ length: services }, (_, index) => [`service-${index}`, { intervalMs: 86_400_000 }])),
})
serve(sightline, { rateLimit: false }).attach(http)
await sightline.start()
await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
const socket = io(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, { transports: ['websocket'] })
let messages = 0
let awaited: { readonly text: string; readonly seen: () => void } | null = null
socket.onAny((_, ...given) => {
  messages++
  if (awaited !== null && JSON.stringify(given).includes(awaited.text)) awaited.seen()
})
await new Promise<void>((resolve, reject) => {
  socket.on('connect_error', reject)
  socket.emit('subscribe', { topic: 'services' }, ({ ok, error }: { ok: boolean; error?: unknown }) =>
    ok ? resolve() : reject(new Error(JSON.stringify(error))),
  )
})
await pause(2_000)

const made = { messages: [] as number[], ms: [] as number[] }
for (let index = 0; index < edits; index++) {
  const text = `marked-${index}`
  const isNew = index % 2 === 0
  const [operation, input] = isNew
    ? ['services.create', { name: text, intervalMs: 86_400_000 }]
    : ['services.update', { name: `marked-${index - 1}`, changes: { title: text } }]
  messages = 0
  const begunAt = performance.now()
  const seen = new Promise<void>((resolve) => {
    awaited = { text, seen: resolve }
  })
  await sightline.call({ operation: String(operation), input, as: 'system' })
  await Promise.race([seen, pause(5_000)])
  made.ms.push(performance.now() - begunAt)
  awaited = null
  await pause(SETTLED_MS)
  made.messages.push(messages)
}
socket.disconnect()
await sightline.stop()
http.close()
process.send?.(made)
process.disconnect?.()
