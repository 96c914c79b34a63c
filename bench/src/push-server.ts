/**
 * Runs as a process of its own: a server with one document that changes when it is told to, pushed by Sightline (asked, detected, stored in
 * SQLite, sent) or by plain Socket.IO. Over IPC: `{ changes, everyMs }` makes that many changes; it answers with the CPU they cost.
 */

import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqliteStorage } from '@sightline/adapter-sql'
import { allowAll, createSightline } from '@sightline/core'
import { serve } from '@sightline/server-socketio'
import { Server } from 'socket.io'
import { pushApis, pushDocument, pushFrame } from './push-document.ts'

const mode = process.argv[2] as 'sightline' | 'plain'
const http = createServer()

const sightlineChange = async (): Promise<(count: number) => void> => {
  let count = 0
  const sightline = createSightline({
    access: allowAll(),
    storage: sqliteStorage({ file: join(mkdtempSync(join(tmpdir(), 'sightline-bench-')), 'push.db') }),
    apis: pushApis(() => pushDocument(count)),
  })
  serve(sightline, { rateLimit: false }).attach(http)
  await sightline.start()
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
  return (count) => void io.to('room').emit('update', pushFrame(count, epoch))
}

const change = await (mode === 'sightline' ? sightlineChange() : plainChange())
let count = 1
process.on('message', ({ changes, everyMs }: { readonly changes: number; readonly everyMs: number }) => {
  const before = process.cpuUsage()
  let left = changes
  const timer = setInterval(() => {
    change(count++)
    if (--left > 0) return
    clearInterval(timer)
    setTimeout(() => {
      const { user, system } = process.cpuUsage(before)
      process.send?.({ cpuMicros: user + system })
    }, 500)
  }, everyMs)
})
http.listen(0, '127.0.0.1', () => process.send?.({ port: (http.address() as AddressInfo).port }))
process.once('disconnect', () => process.exit())
