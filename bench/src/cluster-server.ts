/**
 * Runs as a process of its own: one of several servers that push one document. By Sightline, over one database and a Redis bus: the one that
 * polls asks, detects, stores and tells; by plain Socket.IO, over Redis pub/sub. Over IPC: `{ changes, everyMs }` makes that many changes and
 * answers when they are made.
 */

import { createServer } from 'node:http'
import { redisBus } from '@sightline/adapter-redis'
import { postgresStorage } from '@sightline/adapter-sql'
import { allowAll, createSightline } from '@sightline/core'
import { serve } from '@sightline/server-socketio'
import { Redis } from 'ioredis'
import { openPlainRoom, type PushChange, pollingChange, serveChanges } from './push-change.ts'
import { pushApis, pushDocument, pushFrame } from './push-document.ts'

const [mode, isPolling, redisUrl = '', databaseUrl = '', prefix = ''] = process.argv.slice(2)
const http = createServer()

const sightlineChange = async (): Promise<PushChange> => {
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
  return pollingChange(sightline, (next) => {
    count = next
  })
}

const plainChange = async (): Promise<PushChange> => {
  const io = openPlainRoom(http)
  const epoch = crypto.randomUUID()
  const [publisher, receiver] = [new Redis(redisUrl), new Redis(redisUrl)]
  await receiver.subscribe(prefix)
  receiver.on('message', (_, text) => io.to('room').emit('update', JSON.parse(text)))
  return (count) => void publisher.publish(prefix, JSON.stringify(pushFrame(count, epoch)))
}

const change = await (mode === 'sightline' ? sightlineChange() : plainChange())
serveChanges(http, change, (_, made) => void setTimeout(() => process.send?.({ made }), 1_000))
