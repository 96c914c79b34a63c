/**
 * Runs as a process of its own: one of several servers that push one document. By Sightline, over one database and a Redis bus: the one that
 * polls asks, detects, stores and tells; by plain Socket.IO, over Redis pub/sub. Over IPC: `{ changes, everyMs }` makes that many changes and
 * answers when they are made.
 */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { redisBus } from '@sightline/adapter-redis'
import { postgresStorage } from '@sightline/adapter-sql'
import { allowAll, createSightline } from '@sightline/core'
import { serve } from '@sightline/server-socketio'
import { Redis } from 'ioredis'
import { Server } from 'socket.io'
import { pushApis, pushDocument, pushFrame } from './push-document.ts'

const [mode, isPolling, redisUrl = '', databaseUrl = '', prefix = ''] = process.argv.slice(2)
const http = createServer()

const sightlineChange = async (): Promise<(count: number) => void> => {
  let count = 0
  const sightline = createSightline({
    access: allowAll(),
    storage: postgresStorage({ url: databaseUrl }),
    bus: redisBus({ url: redisUrl, prefix }),
    apis: pushApis(() => pushDocument(count)),
  })
  serve(sightline, { rateLimit: false }).attach(http)
  await sightline.start({ poll: isPolling === 'yes' })
  await sightline.ready()
  return (next) => {
    count = next
    void sightline.call({ operation: 'metrics.pollNow', input: { api: 'bench', region: 'here' }, as: 'system' })
  }
}

const plainChange = async (): Promise<(count: number) => void> => {
  const io = new Server(http, { perMessageDeflate: false, cors: { origin: true } })
  const epoch = crypto.randomUUID()
  io.on('connection', (socket) => {
    socket.on('subscribe', async (_: unknown, acknowledge: (answer: unknown) => void) => {
      await socket.join('room')
      acknowledge({ ok: true, topic: 'room', pending: true })
    })
  })
  const [publisher, receiver] = [new Redis(redisUrl), new Redis(redisUrl)]
  await receiver.subscribe(prefix)
  receiver.on('message', (_, text) => io.to('room').emit('update', JSON.parse(text)))
  return (count) => void publisher.publish(prefix, JSON.stringify(pushFrame(count, epoch)))
}

const change = await (mode === 'sightline' ? sightlineChange() : plainChange())
let count = 1
process.on('message', ({ changes, everyMs }: { readonly changes: number; readonly everyMs: number }) => {
  let left = changes
  const timer = setInterval(() => {
    change(count++)
    if (--left > 0) return
    clearInterval(timer)
    setTimeout(() => process.send?.({ made: changes }), 1_000)
  }, everyMs)
})
http.listen(0, '127.0.0.1', () => process.send?.({ port: (http.address() as AddressInfo).port }))
process.once('disconnect', () => process.exit())
