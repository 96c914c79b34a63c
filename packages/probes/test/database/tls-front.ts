import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** Puts TLS in front of a plain server, as a proxy would. */
export interface TlsFront {
  readonly port: number
  close(): Promise<void>
}

export interface TlsFrontOptions {
  readonly backPort: number
  readonly key: string
  readonly cert: string
  /** Waits for the client's request before it shakes hands, as PostgreSQL does. Default: at once. */
  readonly isAsked?: boolean
}

export const startTlsFront = async ({ backPort, key, cert, isAsked = false }: TlsFrontOptions): Promise<TlsFront> => {
  const sockets = new Set<Socket>()
  const serve = (plain: Socket): void => {
    const front = new TLSSocket(plain, { isServer: true, key, cert })
    const back = connect(backPort, '127.0.0.1')
    sockets.add(back)
    front.on('error', () => back.destroy()).on('close', () => back.destroy())
    back.on('error', () => front.destroy()).on('close', () => front.destroy())
    front.pipe(back).pipe(front)
  }
  const server = createServer((plain) => {
    sockets.add(plain)
    plain.on('error', () => {})
    if (!isAsked) {
      serve(plain)
      return
    }
    // SSLRequest: https://www.postgresql.org/docs/current/protocol-message-formats.html
    plain.once('data', (request: Buffer) => {
      if (request.toString('hex') !== '0000000804d2162f') plain.destroy()
      else plain.write('S', () => serve(plain))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
