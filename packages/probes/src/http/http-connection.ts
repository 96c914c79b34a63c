import * as net from 'node:net'
import * as tls from 'node:tls'
import type { Clock } from '@sightline/core'
import type { buildConnector, Client, Dispatcher } from 'undici'
import { type AddressGuard, guardedAddress } from '../address-guard/address-guard.ts'
import type { Opening } from '../socket/opening.ts'
import type { HttpTlsOptions } from './http-options.ts'

/** The way to one origin: at most one connection at a time. */
export interface HttpConnection {
  /** Is every request to have a connection of its own? */
  readonly isFresh: boolean
  dispatch(options: Dispatcher.DispatchOptions, handler: RequestHandler): void
  /** Of the connection opened since the last call; null where an open one was used, undefined where that cannot be known. */
  takeOpening(): Opening | null | undefined
  /** When the server's certificate ends, ms since the Unix epoch. */
  readonly certificateEndsAt: number | undefined
  /** Ends an attempt to connect: undici lets a request go only once there is a connection. */
  cancelOpening(reason: Error): void
  close(): Promise<void>
}

/** undici's, with what it does when a request fails before it began: there is no controller then. */
export interface RequestHandler extends Dispatcher.DispatchHandler {
  onResponseError(controller: Dispatcher.DispatchController | null, error: Error): void
}

export interface HttpConnectionOptions {
  readonly clock: Clock
  readonly isFresh: boolean
  readonly tls: HttpTlsOptions | undefined
  /** Judges every address that is connected to. Default: none. */
  readonly guard?: AddressGuard | null
}

/** A connection of one's own to `origin`, opened at the first request and again when it was lost. */
export const ownConnection = (origin: string, UndiciClient: typeof Client, options: HttpConnectionOptions): HttpConnection =>
  new OwnConnection(origin, UndiciClient, options)

/** Requests over somebody else's dispatcher (a proxy, say), who closes it, too. */
export const borrowedConnection = (dispatcher: Dispatcher, isFresh: boolean): HttpConnection => ({
  isFresh,
  dispatch: (options, handler) => {
    dispatcher.dispatch(options, handler)
  },
  takeOpening: () => undefined,
  certificateEndsAt: undefined,
  cancelOpening: () => {},
  close: async () => {},
})

/**
 * How long an idle connection is kept, where the server does not say. Most servers close theirs after 5 to 75 s; one that was closed
 * meanwhile costs a second try, not a failed check.
 */
const keepAliveMs = 30_000

class OwnConnection implements HttpConnection {
  readonly #client: Client
  readonly #options: HttpConnectionOptions
  #opening: Opening | null = null
  #openingSocket: net.Socket | null = null
  #session: Buffer | undefined
  certificateEndsAt: number | undefined

  constructor(origin: string, UndiciClient: typeof Client, options: HttpConnectionOptions) {
    this.#options = options
    this.#client = new UndiciClient(origin, {
      connect: (target, callback) => this.#open(target, callback),
      keepAliveTimeout: keepAliveMs,
      // The check's own timeout covers all of these; a timer for each request would cost more than it gives.
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: false,
    })
  }

  get isFresh(): boolean {
    return this.#options.isFresh
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: RequestHandler): void {
    this.#client.dispatch(options, handler)
  }

  takeOpening(): Opening | null {
    const opening = this.#opening
    this.#opening = null
    return opening
  }

  cancelOpening(reason: Error): void {
    this.#openingSocket?.destroy(reason)
  }

  async close(): Promise<void> {
    this.cancelOpening(new Error('closed'))
    await this.#client.destroy()
  }

  #open(target: buildConnector.Options, callback: buildConnector.Callback): void {
    const { clock, guard = null } = this.#options
    try {
      guard?.check(target.hostname)
    } catch (error) {
      callback(error as Error, null)
      return
    }
    const startedAt = clock.monotonic()
    let lookedUpAt: number | undefined
    let connectedAt = startedAt
    const isTls = target.protocol === 'https:'
    const socket = isTls ? this.#connectTls(target) : net.connect(socketOptions(target, 80, guard))
    this.#openingSocket = socket

    const onFailed = (error?: Error): void => {
      this.#openingSocket = null
      callback(error ?? new Error('closed'), null)
    }
    const onOpen = (): void => {
      const now = clock.monotonic()
      this.#openingSocket = null
      this.#opening = {
        dnsMs: lookedUpAt === undefined ? undefined : lookedUpAt - startedAt,
        connectMs: (isTls ? connectedAt : now) - (lookedUpAt ?? startedAt),
        tlsMs: isTls ? now - connectedAt : undefined,
      }
      if (isTls) this.certificateEndsAt = certificateEnd(socket as tls.TLSSocket)
      callback(null, socket)
      socket.off('error', onFailed)
    }
    if (net.isIP(target.hostname) === 0) {
      socket.once('lookup', () => {
        lookedUpAt = clock.monotonic()
      })
    }
    if (isTls) {
      socket.once('connect', () => {
        connectedAt = clock.monotonic()
      })
    }
    socket.once('error', onFailed).once(isTls ? 'secureConnect' : 'connect', onOpen)
  }

  #connectTls(target: buildConnector.Options): tls.TLSSocket {
    const { isFresh, tls: tlsOptions, guard = null } = this.#options
    const servername =
      tlsOptions?.servername ?? target.servername ?? (net.isIP(target.hostname) === 0 ? target.hostname : undefined)
    const socket = tls.connect({
      ...tlsOptions,
      ...socketOptions(target, 443, guard),
      ALPNProtocols: ['http/1.1'],
      ...(servername == null ? {} : { servername }),
      ...(this.#session === undefined ? {} : { session: this.#session }),
    })
    if (!isFresh) {
      socket.on('session', (session) => {
        this.#session = session
      })
    }
    return socket
  }
}

const socketOptions = (target: buildConnector.Options, defaultPort: number, guard: AddressGuard | null) => ({
  ...guardedAddress(guard, { host: target.hostname, port: target.port === '' ? defaultPort : Number(target.port) }),
  noDelay: true,
})

const certificateEnd = (socket: tls.TLSSocket): number | undefined => {
  const end = Date.parse(socket.getPeerX509Certificate()?.validTo ?? '')
  return Number.isNaN(end) ? undefined : end
}
