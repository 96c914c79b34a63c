import type { Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { createSightline } from '@sightline/core'
import { Server } from 'socket.io'

/** Makes the document that of a count, and has it sent. */
export type PushChange = (count: number) => void

/** Sightline polls its only target when it is told to: the document is then that of `count`. */
export const pollingChange = (
  sightline: Pick<ReturnType<typeof createSightline>, 'call'>,
  turnTo: (count: number) => void,
): PushChange => {
  return (count) => {
    turnTo(count)
    void sightline.call({ operation: 'metrics.pollNow', input: { api: 'bench', region: 'here' }, as: 'system' })
  }
}

/** Plain Socket.IO with one room, which a client enters as it would subscribe. */
export const openPlainRoom = (http: HttpServer): Server => {
  const io = new Server(http, { perMessageDeflate: false, cors: { origin: true } })
  io.on('connection', (socket) => {
    socket.on('subscribe', async (_: unknown, acknowledge: (answer: unknown) => void) => {
      await socket.join('room')
      acknowledge({ ok: true, topic: 'room', pending: true })
    })
  })
  return io
}

/** Tells over IPC where it listens; from then on makes as many changes as it is asked for, and calls `finish` when they are made. */
export const serveChanges = (
  http: HttpServer,
  change: PushChange,
  finish: (begun: NodeJS.CpuUsage, changes: number) => void,
): void => {
  let count = 1
  process.on('message', ({ changes, everyMs }: { readonly changes: number; readonly everyMs: number }) => {
    const begun = process.cpuUsage()
    let left = changes
    const timer = setInterval(() => {
      change(count++)
      if (--left > 0) return
      clearInterval(timer)
      finish(begun, changes)
    }, everyMs)
  })
  http.listen(0, '127.0.0.1', () => process.send?.({ port: (http.address() as AddressInfo).port }))
  process.once('disconnect', () => process.exit())
}
