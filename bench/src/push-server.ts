/**
 * Runs as a process of its own: a server with one document that changes when it is told to, pushed by Sightline (asked, detected, stored in
 * SQLite, sent) or by plain Socket.IO. Over IPC: `{ changes, everyMs }` makes that many changes; it answers with the CPU they cost.
 */

import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqliteStorage } from '@sightline/adapter-sql'
import { allowAll, createSightline } from '@sightline/core'
import { serve } from '@sightline/server-socketio'
import { openPlainRoom, type PushChange, pollingChange, serveChanges } from './push-change.ts'
import { pushApis, pushDocument, pushFrame } from './push-document.ts'

const mode = process.argv[2] as 'sightline' | 'plain'
const http = createServer()

const sightlineChange = async (): Promise<PushChange> => {
  let count = 0
  const sightline = createSightline({
    access: allowAll(),
    storage: sqliteStorage({ file: join(mkdtempSync(join(tmpdir(), 'sightline-bench-')), 'push.db') }),
    apis: pushApis(() => pushDocument(count)),
  })
  serve(sightline, { rateLimit: false }).attach(http)
  await sightline.start()
  return pollingChange(sightline, (next) => {
    count = next
  })
}

const plainChange = async (): Promise<PushChange> => {
  const io = openPlainRoom(http)
  const epoch = crypto.randomUUID()
  return (count) => void io.to('room').emit('update', pushFrame(count, epoch))
}

const change = await (mode === 'sightline' ? sightlineChange() : plainChange())
serveChanges(http, change, (begun) => {
  setTimeout(() => {
    const { user, system } = process.cpuUsage(begun)
    process.send?.({ cpuMicros: user + system })
  }, 500)
})
