import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** A TCP server on the loopback interface that does with each connection what a test wants. */
export interface SocketServer {
  readonly host: string
  readonly port: number
  /** Connections that the other side has not ended yet. */
  openConnections(): number
  connectionsMade(): number
  /** Everything that was received, as text. */
  received(): string
  close(): Promise<void>
}

export const startSocketServer = async (serve: (socket: Socket) => void, host = '127.0.0.1'): Promise<SocketServer> => {
  const sockets = new Set<Socket>()
  const open = new Set<Socket>()
  let made = 0
  let text = ''
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    made++
    sockets.add(socket)
    open.add(socket)
    // It stays half open on this side, as that of a server that has gone astray.
    socket.on('error', () => {}).on('end', () => open.delete(socket))
    socket.on('close', () => {
      sockets.delete(socket)
      open.delete(socket)
    })
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
    })
    serve(socket)
  })
  server.listen(0, host)
  await once(server, 'listening')
  return {
    host,
    port: (server.address() as AddressInfo).port,
    openConnections: () => open.size,
    connectionsMade: () => made,
    received: () => text,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
