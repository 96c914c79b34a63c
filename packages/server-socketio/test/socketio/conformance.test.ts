import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TransportClient, transportConformance } from '@sightline/conformance'
import { isPublicError, SightlineError } from '@sightline/core'
import type { Subscribed } from '@sightline/core/ports'
import type { Frame } from '@sightline/core/protocol'
import { io } from 'socket.io-client'
import { describe, test } from 'vitest'
import { socketIoTransport } from '../../src/index.ts'

const CONNECT_TIMEOUT_MS = 1_500

const unwrap = (answer: unknown): Record<string, unknown> => {
  const { ok, error, ...rest } = answer as { readonly ok: boolean; readonly error?: unknown }
  if (ok) return rest
  if (!isPublicError(error)) throw new Error(`no public error: ${JSON.stringify(answer)}`)
  throw new SightlineError(error.code, error.message, error)
}

transportConformance({
  name: 'socket.io',
  runner: { describe, test },
  open: async () => {
    const transport = socketIoTransport()
    const server = createServer((request, response) => transport.handleRequest(request, response))
    server.on('upgrade', (request, socket, head) => transport.handleUpgrade(request, socket, head))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const clients = new Set<() => void>()

    const connect = (
      shown: { readonly auth?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
    ): Promise<TransportClient> =>
      new Promise((resolve, reject) => {
        const socket = io(url, {
          transports: ['websocket'],
          reconnection: false,
          forceNew: true,
          ...(shown.auth === undefined ? {} : { auth: shown.auth as Record<string, unknown> }),
          ...(shown.headers === undefined ? {} : { extraHeaders: { ...shown.headers } }),
        })
        clients.add(() => socket.disconnect())
        const frames: Frame[] = []
        const closed = new Promise<string>((ended) => socket.once('disconnect', ended))
        /** The network socket below, for a client that stops reading. */
        const network = (): { pause(): void; resume(): void } =>
          (socket.io.engine.transport as unknown as { ws: { _socket: { pause(): void; resume(): void } } }).ws._socket
        const giveUp = setTimeout(() => {
          socket.disconnect()
          reject(new SightlineError('TIMEOUT', 'Nobody let this client in.'))
        }, CONNECT_TIMEOUT_MS)
        socket.on('update', (frame: Frame) => frames.push(frame))
        socket.once('connect_error', (error: Error & { data?: unknown }) => {
          clearTimeout(giveUp)
          socket.disconnect()
          reject(isPublicError(error.data) ? new SightlineError(error.data.code, error.data.message) : error)
        })
        const toPayload = ({ variant, ...request }: { readonly variant?: string | undefined }): object => ({
          ...request,
          delta: variant === 'patch',
        })
        socket.once('connect', () => {
          clearTimeout(giveUp)
          resolve({
            frames,
            closed,
            subscribe: async (request) =>
              unwrap(await socket.emitWithAck('subscribe', toPayload(request))) as unknown as Subscribed,
            unsubscribe: async (request) => void unwrap(await socket.emitWithAck('unsubscribe', toPayload(request))),
            call: async (request) => unwrap(await socket.emitWithAck('call', request)).output,
            pause: () => network().pause(),
            resume: () => network().resume(),
            close: async () => {
              socket.disconnect()
            },
          })
        })
      })

    return {
      transport,
      connect,
      dispose: async () => {
        for (const close of clients) close()
        await transport.close({ drainMs: 100 })
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      },
    }
  },
})
