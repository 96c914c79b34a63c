import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

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
  /** Takes every listener off again. */
  close(): void
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

/**
 * Where nobody listens, Node.js serves a request that asks for an upgrade (curl's `--http2` does) as an ordinary one. A listener for one
 * path would take that from all others, so it is given back.
 */
const serveOrdinarily = (server: UpgradingServer, request: IncomingMessage, socket: Duplex): void => {
  socket.on('error', () => {})
  if (hasBody(request)) {
    socket.end('HTTP/1.1 501 Not Implemented\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    return
  }
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket as Socket)
  response.on('finish', () => socket.end())
  server.emit('request', request, response)
}

export const createUpgradeListeners = (take: UpgradeTaker): UpgradeListeners => {
  const removals = new Map<UpgradingServer, () => void>()

  const add = (server: UpgradingServer): (() => void) => {
    const known = removals.get(server)
    if (known !== undefined) return known
    const listener: UpgradeHandler = (request, socket, head) => {
      if (take(request, socket, head)) return
      if (server.listenerCount('upgrade') === 1) serveOrdinarily(server, request, socket)
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
    close: () => {
      for (const remove of [...removals.values()]) remove()
    },
  }
}
