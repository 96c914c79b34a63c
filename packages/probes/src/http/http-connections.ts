import { SightlineError } from '@sightline/core'
import type { Client, Dispatcher } from 'undici'
import { borrowedConnection, type HttpConnection, type HttpConnectionOptions, ownConnection } from './http-connection.ts'

/** Connections kept beside the target's own, for what it redirects to. */
const maxSideConnections = 4

export interface HttpConnectionsOptions extends HttpConnectionOptions {
  readonly dispatcher: Dispatcher | undefined
}

/** A probe's connections by origin; the first is the target's own. */
export class HttpConnections {
  readonly #byOrigin = new Map<string, HttpConnection>()
  readonly #options: HttpConnectionsOptions
  #Client: typeof Client | null = null
  #isClosed = false

  constructor(options: HttpConnectionsOptions) {
    this.#options = options
  }

  /** Can it connect? A host's dispatcher does so by itself. */
  get isLoaded(): boolean {
    return this.#Client !== null || this.#options.dispatcher !== undefined
  }

  /** Loads undici: 13 MB, which nobody needs who asks nothing over HTTP. */
  async load(): Promise<void> {
    const { Client } = await import('undici')
    this.#Client = Client
  }

  /** The one there is, or a new one; nothing is opened before it is used. Needs to be loaded. */
  to(origin: string): HttpConnection {
    const present = this.#byOrigin.get(origin)
    if (present !== undefined) return present
    if (this.#isClosed) return closedConnection
    const connection = this.#connect(origin)
    if (this.#byOrigin.size > maxSideConnections) this.#dropOldestSide()
    this.#byOrigin.set(origin, connection)
    return connection
  }

  #connect(origin: string): HttpConnection {
    const { dispatcher, isFresh } = this.#options
    if (dispatcher !== undefined) return borrowedConnection(dispatcher, isFresh)
    if (this.#Client === null) throw new SightlineError('INTERNAL', 'An HTTP probe connects before it has loaded what connects.')
    return ownConnection(origin, this.#Client, this.#options)
  }

  /** Whatever is going on ends with an error; nothing can be asked afterwards. */
  async close(): Promise<void> {
    this.#isClosed = true
    const connections = [...this.#byOrigin.values()]
    this.#byOrigin.clear()
    await Promise.all(connections.map((connection) => connection.close()))
  }

  /** A target that redirects to ever new origins must not fill the process with connections. */
  #dropOldestSide(): void {
    const [, oldest] = this.#byOrigin
    if (oldest === undefined) return
    this.#byOrigin.delete(oldest[0])
    void oldest[1].close()
  }
}

/** As undici says it of a client that was closed. */
const closed = (): Error => Object.assign(new Error('The probe was closed.'), { code: 'UND_ERR_CLOSED' })

const closedConnection: HttpConnection = {
  isFresh: false,
  dispatch: (_options, handler) => handler.onResponseError(null, closed()),
  takeOpening: () => undefined,
  certificateEndsAt: undefined,
  cancelOpening: () => {},
  close: async () => {},
}
