import type { Duplex } from 'node:stream'
import type { Clock } from '@sightline/core/ports'
import type { Server as EngineServer, Socket as EngineSocket } from 'engine.io'
import { terminate } from './engine-connection.ts'

/** Every connection of an Engine.IO server and the network sockets below, so that none outlives it. */
export interface ConnectionSet {
  /** Of an upgrade that was let in. */
  addSocket(socket: Duplex): void
  /** Ends every connection once it has read what was sent, at the latest after `drainMs`. */
  close(options: { readonly drainMs: number }): Promise<void>
}

export const trackConnections = (engine: EngineServer, clock: Clock): ConnectionSet => {
  const connections = new Set<EngineSocket>()
  const sockets = new Set<Duplex>()
  let onChange = (): void => {}

  const track = <T extends EngineSocket | Duplex>(set: Set<T>, member: T): void => {
    set.add(member)
    member.once('close', () => {
      set.delete(member)
      onChange()
    })
  }

  engine.on('connection', (connection: EngineSocket) => track(connections, connection))

  const allGone = (drainMs: number): Promise<void> =>
    new Promise((resolve) => {
      const cancel = clock.setTimer(drainMs, resolve)
      onChange = () => {
        if (connections.size + sockets.size > 0) return
        cancel()
        resolve()
      }
      onChange()
    })

  return {
    addSocket: (socket) => track(sockets, socket),
    close: async ({ drainMs }) => {
      // Not Socket.IO's own farewell: its clients take that for a dismissal and do not come back, as they should after a restart.
      for (const connection of [...connections]) connection.close()
      await allGone(drainMs)
      for (const connection of [...connections]) terminate(connection)
      for (const socket of [...sockets]) socket.destroy()
      engine.close()
    },
  }
}
