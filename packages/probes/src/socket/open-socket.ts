import * as net from 'node:net'
import * as tls from 'node:tls'
import { type Clock, SightlineError } from '@sightline/core'
import { type AddressGuard, guardedAddress } from '../address-guard/address-guard.ts'
import type { Opening } from './opening.ts'
import { toGivenUp, toSocketError } from './socket-fault.ts'

export interface SocketOptions {
  readonly host: string
  readonly port: number
  /** Absent: no TLS. */
  readonly tls?: tls.ConnectionOptions | undefined
  readonly guard: AddressGuard | null
  readonly clock: Clock
  readonly signal: AbortSignal
}

export interface OpenSocket {
  readonly socket: net.Socket
  readonly opening: Opening
}

/** Host and port as they are shown. */
export const toTarget = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  net.isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`

/**
 * Opens a connection, over TLS where asked. It is the caller's to destroy; one that is given up is destroyed here.
 *
 * @throws SightlineError `UNAVAILABLE`, `FORBIDDEN` (the guard), `TIMEOUT` or `ABORTED` (the signal). Host and port are all it names.
 */
export const openSocket = (options: SocketOptions): Promise<OpenSocket> =>
  new Promise((resolve, reject) => {
    const { host, guard, clock, signal } = options
    const target = toTarget(options)
    const giveUp = (): SightlineError => toGivenUp(signal.reason, `connecting to ${target}`)
    if (signal.aborted) {
      reject(giveUp())
      return
    }
    // The guard throws here for an address, which makes the promise reject.
    const address = { ...guardedAddress(guard, options), noDelay: true }
    const startedAt = clock.monotonic()
    let lookedUpAt: number | undefined
    let connectedAt = startedAt
    const isTls = options.tls !== undefined
    const socket = isTls ? connectTls(options.tls, host, address) : net.connect(address)

    const settle = (): void => {
      signal.removeEventListener('abort', onAbort)
      socket.off('error', onFailed).off('close', onClosed)
    }
    const onFailed = (error: Error): void => {
      settle()
      // What a socket still says after its end is nobody's to hear, and must not end the process.
      socket.on('error', () => {}).destroy()
      reject(toSocketError(error, target))
    }
    const onClosed = (): void => onFailed(new SightlineError('UNAVAILABLE', `Connection closed by ${target} while connecting.`))
    const onAbort = (): void => onFailed(giveUp())
    const onOpen = (): void => {
      const now = clock.monotonic()
      settle()
      socket.on('error', () => {})
      const opening = {
        dnsMs: lookedUpAt === undefined ? undefined : lookedUpAt - startedAt,
        connectMs: (isTls ? connectedAt : now) - (lookedUpAt ?? startedAt),
        tlsMs: isTls ? now - connectedAt : undefined,
      }
      resolve({ socket, opening })
    }

    signal.addEventListener('abort', onAbort)
    if (net.isIP(host) === 0) {
      socket.once('lookup', () => {
        lookedUpAt = clock.monotonic()
      })
    }
    socket.once('connect', () => {
      connectedAt = clock.monotonic()
    })
    socket
      .once('error', onFailed)
      .once('close', onClosed)
      .once(isTls ? 'secureConnect' : 'connect', onOpen)
  })

const connectTls = (given: tls.ConnectionOptions | undefined, host: string, address: tls.ConnectionOptions): tls.TLSSocket => {
  const servername = given?.servername ?? (net.isIP(host) === 0 ? host : undefined)
  return tls.connect({ ...given, ...address, ...(servername === undefined ? {} : { servername }) })
}
