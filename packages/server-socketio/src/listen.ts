import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SightlineError } from '@sightline/core'
import type { Clock } from '@sightline/core/ports'
import { createHostPolicy } from './host-policy.ts'
import { type Refusal, refuseRequest, refuseUpgrade } from './socketio/refusal.ts'
import { createUpgradeListeners, type UpgradeTaker } from './upgrade-listener.ts'

/** An HTTP server of one's own that listens. */
export interface Listening {
  readonly url: string
  readonly port: number
  readonly host: string
  /** Tells clients, waits at most `drainMs` (default 5,000) for what they are being sent, and lets go of everything. Idempotent. */
  close(options?: { readonly drainMs?: number }): Promise<void>
}

/** The HTTP server alone, without what is attached to it. */
export interface OwnServer extends Omit<Listening, 'close'> {
  close(options: { readonly drainMs: number }): Promise<void>
}

export interface ListenOptions {
  /** Default 5000; 0 for any that is free. */
  readonly port?: number
  /** Default `127.0.0.1`: this machine alone. */
  readonly host?: string
  readonly handler: RequestListener
  readonly upgrade: UpgradeTaker
  readonly clock: Clock
  readonly allowedOrigins: readonly string[]
  readonly trustedProxies: number
}

const PORT = 5_000
const HOST = '127.0.0.1'
const SWEEP_MS = 25
const UNKNOWN_NAME: Refusal = {
  status: 421,
  code: 'FORBIDDEN',
  message:
    'This server is for this machine alone and does not answer to that name: open it as localhost, or add its origin to clientUrl.',
}

/** What the system's refusals mean to whoever chose the port. */
const REFUSALS: Readonly<Record<string, readonly [path: 'port' | 'host', message: string]>> = {
  EADDRINUSE: ['port', 'is in use by another program'],
  EACCES: ['port', 'may not be used by this account'],
  EADDRNOTAVAIL: ['host', 'is no address of this machine'],
  ENOTFOUND: ['host', 'is not known'],
}

const toRefusal = (cause: unknown, port: number, host: string): SightlineError => {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const [path, message] = REFUSALS[code] ?? ['port', `cannot be listened on (${code || String(cause)})`]
  const what = path === 'port' ? `Port ${port} of ${host}` : `The host ${host}`
  return new SightlineError('INVALID_CONFIG', `${what} ${message}.`, { cause, fields: [{ path, message }] })
}

const openPort = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const refused = (cause: unknown): void => reject(toRefusal(cause, port, host))
    server.once('error', refused)
    server.listen(port, host, () => {
      server.off('error', refused)
      resolve()
    })
  })

const closeServer = (server: Server, drainMs: number): Promise<void> =>
  new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), drainMs)
    // A connection that is answered after this began is kept alive for its next request, which will not come.
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS)
    server.close(() => {
      clearTimeout(cut)
      clearInterval(sweep)
      resolve()
    })
  })

/** @throws SightlineError `INVALID_CONFIG` where the port cannot be had */
export const listenAlone = async ({
  port = PORT,
  host = HOST,
  handler,
  upgrade,
  clock,
  ...names
}: ListenOptions): Promise<OwnServer> => {
  const answersTo = createHostPolicy({ boundTo: host, ...names })
  const server = createServer((request, response) => {
    if (answersTo(request.headers.host)) handler(request, response)
    else refuseRequest(request, response, UNKNOWN_NAME)
  })
  await openPort(server, port, host)
  const upgrades = createUpgradeListeners({
    clock,
    take: (request, socket, head) => {
      if (answersTo(request.headers.host)) return upgrade(request, socket, head)
      refuseUpgrade(request, socket, UNKNOWN_NAME)
      return true
    },
  })
  upgrades.add(server)
  const { port: actual } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    port: actual,
    host,
    close: async (drain) => {
      await Promise.all([closeServer(server, drain.drainMs), upgrades.close(drain)])
    },
  }
}
