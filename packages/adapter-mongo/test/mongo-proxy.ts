import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { type Document, deserialize, serialize } from 'bson'

/** What happens to a command on its way. */
export type Intervention =
  /** It never reaches the server and is answered so. */
  | { readonly kind: 'refuse'; readonly code: number; readonly message: string }
  | { readonly kind: 'delay'; readonly ms: number }
  /** The server carries it out, and its answer is lost. */
  | { readonly kind: 'swallow' }
  /** The server carries it out, and the connection is cut in place of the answer. */
  | { readonly kind: 'cut' }
  /** The connection is cut before the server hears of it. */
  | { readonly kind: 'drop' }

export interface MongoProxy {
  readonly port: number
  /** Asked for every command; null lets it pass. */
  intervene: (name: string, command: Document) => Intervention | null
  /** Cuts every connection; new ones are taken. */
  cutAll(): void
  /** Connections that are open, or opened while it is so, stay open and never carry anything again. */
  isMuted: boolean
  close(): Promise<void>
}

/** https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/ */
const headerBytes = 16
const opMessage = 2013

/** A way to a MongoDB server that understands what passes. */
export const mongoProxy = async (target: { readonly host: string; readonly port: number }): Promise<MongoProxy> => {
  const sockets = new Set<Socket>()
  const server = createServer((client) => pass(client))
  const proxy: MongoProxy = {
    port: 0,
    intervene: () => null,
    cutAll: () => {
      for (const socket of sockets) socket.destroy()
    },
    isMuted: false,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      proxy.cutAll()
      await closed
    },
  }

  const pass = (client: Socket): void => {
    const upstream = connect(target)
    /** By the id of the request: its answer is lost, with the connection or without. */
    const lost = new Map<number, 'swallow' | 'cut'>()
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    let isSilent = proxy.isMuted
    const hearsNothing = (): boolean => {
      isSilent ||= proxy.isMuted
      return isSilent
    }
    eachMessage(client, (message) => {
      if (hearsNothing()) return
      const command = commandOf(message)
      const intervention = command === null ? null : proxy.intervene(Object.keys(command)[0] ?? '', command)
      switch (intervention?.kind) {
        case 'refuse':
          client.write(refusal(message, intervention))
          return
        case 'delay':
          setTimeout(() => upstream.write(message), intervention.ms).unref()
          return
        case 'drop':
          client.destroy()
          return
        case 'swallow':
        case 'cut':
          lost.set(message.readInt32LE(4), intervention.kind)
      }
      upstream.write(message)
    })
    eachMessage(upstream, (message) => {
      if (hearsNothing()) return
      const loss = lost.get(message.readInt32LE(8))
      if (loss === 'cut') client.destroy()
      else if (loss === undefined) client.write(message)
    })
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return Object.assign(proxy, { port: typeof address === 'object' && address !== null ? address.port : 0 })
}

const eachMessage = (socket: Socket, take: (message: Buffer) => void): void => {
  let received: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    while (received.length >= 4 && received.length >= received.readInt32LE(0)) {
      const length = received.readInt32LE(0)
      take(received.subarray(0, length))
      received = received.subarray(length)
    }
  })
}

/** The command of a message; null for one of an older kind, as greetings are. */
const commandOf = (message: Buffer): Document | null => {
  if (message.readInt32LE(12) !== opMessage) return null
  for (let place = headerBytes + 4; place < message.length; ) {
    const kind = message[place]
    const length = message.readInt32LE(place + 1)
    if (kind === 0) return deserialize(message.subarray(place + 1, place + 1 + length))
    place += 1 + length
  }
  return null
}

const refusal = (request: Buffer, { code, message }: { readonly code: number; readonly message: string }): Buffer => {
  const body = serialize({ ok: 0, errmsg: message, code })
  const answer = Buffer.alloc(headerBytes + 5)
  answer.writeInt32LE(answer.length + body.length, 0)
  answer.writeInt32LE(request.readInt32LE(4) + 1, 4)
  answer.writeInt32LE(request.readInt32LE(4), 8)
  answer.writeInt32LE(opMessage, 12)
  return Buffer.concat([answer, body])
}
