import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A way to a server on this machine: open, cut, or one that swallows what is sent. */
export interface StorageGate {
  readonly port: number
  /** Connections are cut, and new ones refused. */
  refuse(): Promise<void>
  /** Nothing gets through any more, in either direction; new connections are taken and left alone. */
  hang(): void
  open(): Promise<void>
}

export const openGate = async (target: { readonly host: string; readonly port: number }): Promise<StorageGate> => {
  const pairs = new Set<readonly [Socket, Socket]>()
  let isHanging = false
  const server = createServer({ pauseOnConnect: true }, (client) => {
    const upstream = connect(target)
    const pair = [client, upstream] as const
    pairs.add(pair)
    for (const socket of pair) {
      socket.on('error', () => {})
      socket.on('close', () => {
        pairs.delete(pair)
        client.destroy()
        upstream.destroy()
      })
    }
    if (!isHanging) client.pipe(upstream).pipe(client)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const cut = (): void => {
    for (const [client] of pairs) client.destroy()
  }

  return {
    port,
    refuse: async () => {
      const closed = once(server, 'close')
      server.close()
      cut()
      await closed
    },
    hang: () => {
      isHanging = true
      for (const [client, upstream] of pairs) {
        client.unpipe(upstream)
        upstream.unpipe(client)
        client.pause()
        upstream.pause()
      }
    },
    open: async () => {
      isHanging = false
      cut()
      if (!server.listening) await once(server.listen(port, '127.0.0.1'), 'listening')
    },
  }
}
