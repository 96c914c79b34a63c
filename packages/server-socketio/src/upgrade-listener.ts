import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '@sightline/core/ports'
import { hasBody } from './has-body.ts'

/** The part of an HTTP or HTTPS server that upgrades need. */
export interface UpgradingServer {
  on(event: 'upgrade', listener: UpgradeHandler): unknown
  off(event: 'upgrade', listener: UpgradeHandler): unknown
  listenerCount(event: 'upgrade'): number
  emit(event: 'request', request: IncomingMessage, response: ServerResponse): boolean
}

export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** Takes an upgrade, or answers false where it is somebody else's. */
export type UpgradeTaker = (...upgrade: Parameters<UpgradeHandler>) => boolean

export interface UpgradeListeners {
  /** Adds one listener to a server, which is asked once however often it is added. Returns its undo. */
  add(server: UpgradingServer): () => void
  /** Takes every listener off again, and lets go of the sockets it served ordinarily, at the latest after `drainMs`. */
  close(options: { readonly drainMs: number }): Promise<void>
}

/** Sockets that nobody's HTTP server looks after any more, because they asked for an upgrade. */
interface StrandedSockets {
  add(socket: Duplex): void
  /** Says the last of it; whoever does not hang up is hung up on. */
  end(socket: Duplex, text?: string): void
  close(options: { readonly drainMs: number }): Promise<void>
}

/** How long the other side is left to read the last of it before its half of the connection is closed for it. */
const LINGER_MS = 1_000
/** As long as Node.js itself gives a request: `server.requestTimeout`. */
const IDLE_MS = 300_000

const trackStranded = (clock: Clock): StrandedSockets => {
  const sockets = new Set<Duplex>()
  let onEmpty = (): void => {}

  return {
    add: (socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      ;(socket as Socket).setTimeout(IDLE_MS, () => socket.destroy())
      socket.once('close', () => {
        sockets.delete(socket)
        if (sockets.size === 0) onEmpty()
      })
    },
    end: (socket, text) => {
      const cancel = clock.setTimer(LINGER_MS, () => socket.destroy())
      socket.once('close', cancel)
      // Unread bytes would make the system reset the connection, and the answer with it.
      socket.resume()
      if (text === undefined) socket.end()
      else socket.end(text)
    },
    close: async ({ drainMs }) => {
      if (sockets.size === 0) return
      await new Promise<void>((resolve) => {
        const cancel = clock.setTimer(drainMs, resolve)
        onEmpty = () => {
          cancel()
          resolve()
        }
      })
      for (const socket of [...sockets]) socket.destroy()
    },
  }
}

/**
 * Where nobody listens, Node.js serves a request that asks for an upgrade (curl's `--http2` does) as an ordinary one. A listener for one
 * path would take that from all others, so it is given back.
 */
const serveOrdinarily = (
  { server, stranded }: { readonly server: UpgradingServer; readonly stranded: StrandedSockets },
  request: IncomingMessage,
  socket: Duplex,
): void => {
  stranded.add(socket)
  if (hasBody(request)) {
    stranded.end(socket, 'HTTP/1.1 501 Not Implemented\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    return
  }
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket as Socket)
  response.on('finish', () => stranded.end(socket))
  server.emit('request', request, response)
}

export const createUpgradeListeners = ({
  take,
  clock,
}: {
  readonly take: UpgradeTaker
  readonly clock: Clock
}): UpgradeListeners => {
  const removals = new Map<UpgradingServer, () => void>()
  const stranded = trackStranded(clock)

  const add = (server: UpgradingServer): (() => void) => {
    const known = removals.get(server)
    if (known !== undefined) return known
    const listener: UpgradeHandler = (request, socket, head) => {
      if (take(request, socket, head)) return
      if (server.listenerCount('upgrade') === 1) serveOrdinarily({ server, stranded }, request, socket)
    }
    server.on('upgrade', listener)
    const remove = (): void => {
      server.off('upgrade', listener)
      removals.delete(server)
    }
    removals.set(server, remove)
    return remove
  }

  return {
    add,
    close: async (drain) => {
      for (const remove of [...removals.values()]) remove()
      await stranded.close(drain)
    },
  }
}
