import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A way to a server that can be shut: open connections are cut, new ones refused. */
export interface TcpGate {
  readonly port: number
  shut(): Promise<void>
  /** On the same port. */
  reopen(): Promise<void>
}

export const tcpGate = async (target: { readonly host: string; readonly port: number }): Promise<TcpGate> => {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(target)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.pipe(upstream).pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    port,
    shut: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
    reopen: async () => {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
  }
}
