import { createServer, type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { SightlineError } from '@sightline/core'
import type { Gateway, Transport } from '@sightline/core/ports'

/** More than this waiting for a client means that it lags. */
const lagBytes = 1_000_000

interface Session {
  readonly socket: Socket
  readonly rooms: Set<string>
  isLagging: boolean
}

/** The smallest real transport: JSON texts in lines over TCP. It shows that the suite can be passed, and is broken to show that it can fail. */
export const lineTransport = (server: Server = createServer()): { readonly transport: Transport; readonly server: Server } => {
  const sessions = new Map<string, Session>()
  let gateway: Gateway | null = null
  let isClosed = false

  const write = (id: string, session: Session, line: string): void => {
    if (!session.socket.writable) return
    session.socket.write(line)
    if (session.isLagging || session.socket.writableLength < lagBytes) return
    session.isLagging = true
    gateway?.lagging(id)
    session.socket.once('drain', () => {
      session.isLagging = false
      if (sessions.has(id)) gateway?.drained(id)
    })
  }

  const greet = async (socket: Socket, { auth, headers }: Hello): Promise<string | null> => {
    if (gateway === null || isClosed) {
      socket.destroy()
      return null
    }
    try {
      const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
      const { sessionId } = await gateway.connect({ auth, headers: lower, address: socket.remoteAddress ?? 'unknown' })
      sessions.set(sessionId, { socket, rooms: new Set(), isLagging: false })
      socket.on('close', () => {
        if (sessions.delete(sessionId)) gateway?.disconnect(sessionId)
      })
      socket.write(toLine({ welcome: true }))
      return sessionId
    } catch (error) {
      socket.end(toLine({ refused: SightlineError.from(error).toPublic() }))
      return null
    }
  }

  const answer = async (socket: Socket, sessionId: string, { id, ask, request }: Asked): Promise<void> => {
    try {
      if (gateway === null) throw new SightlineError('UNAVAILABLE', 'Closing.')
      const value = await gateway[ask](sessionId, request as never)
      if (socket.writable) socket.write(toLine({ id, value }))
    } catch (error) {
      if (socket.writable) socket.write(toLine({ id, error: SightlineError.from(error).toPublic() }))
    }
  }

  server.on('connection', (socket) => {
    socket.on('error', () => {})
    let sessionId: Promise<string | null> | null = null
    const lines = createInterface({ input: socket })
    lines.on('error', () => {})
    lines.on('line', async (line) => {
      const message = JSON.parse(line) as Hello | Asked
      if ('hello' in message) sessionId = greet(socket, message)
      else {
        const id = await sessionId
        if (id !== null) await answer(socket, id, message)
      }
    })
  })

  const transport: Transport = {
    name: 'lines',
    open: async (opened) => {
      gateway = opened
    },
    join: (id, room) => void sessions.get(id)?.rooms.add(room),
    leave: (id, room) => void sessions.get(id)?.rooms.delete(room),
    broadcast: (room, frame) => {
      const line = toLine({ frame })
      for (const [id, session] of sessions) if (session.rooms.has(room)) write(id, session, line)
    },
    send: (id, frame) => {
      const session = sessions.get(id)
      if (session !== undefined) write(id, session, toLine({ frame }))
    },
    disconnect: (id, reason) => {
      const session = sessions.get(id)
      if (session === undefined) return
      session.rooms.clear()
      if (session.socket.writable) session.socket.end(toLine({ bye: reason }))
    },
    close: async ({ drainMs }) => {
      isClosed = true
      if (server.listening) server.close()
      const sockets = [...sessions.values()].map(({ socket }) => socket)
      const ended = Promise.all(
        sockets.map(
          (socket) =>
            new Promise<void>((resolve) => {
              if (socket.destroyed) return resolve()
              socket.on('close', () => resolve())
              if (socket.writable) socket.end(toLine({ bye: 'closing' }))
            }),
        ),
      )
      let timer: ReturnType<typeof setTimeout> | undefined
      const cut = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, drainMs)
      })
      await Promise.race([ended, cut])
      clearTimeout(timer)
      for (const socket of sockets) socket.destroy()
      await ended
    },
  }
  return { transport, server }
}

export interface Hello {
  readonly hello: true
  readonly auth: unknown
  readonly headers: Readonly<Record<string, string>>
}

export interface Asked {
  readonly id: number
  readonly ask: 'subscribe' | 'unsubscribe' | 'call'
  readonly request: unknown
}

export const toLine = (message: object): string => `${JSON.stringify(message)}\n`
