import { type Dispatcher, errors } from 'undici'
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
  #isClosed = false

  constructor(options: HttpConnectionsOptions) {
    this.#options = options
  }

  /** The one there is, or a new one; nothing is opened before it is used. */
  to(origin: string): HttpConnection {
    const present = this.#byOrigin.get(origin)
    if (present !== undefined) return present
    if (this.#isClosed) return closedConnection
    const { dispatcher, isFresh } = this.#options
    const connection = dispatcher === undefined ? ownConnection(origin, this.#options) : borrowedConnection(dispatcher, isFresh)
    if (this.#byOrigin.size > maxSideConnections) this.#dropOldestSide()
    this.#byOrigin.set(origin, connection)
    return connection
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

const closedConnection: HttpConnection = {
  isFresh: false,
  dispatch: (_options, handler) => handler.onResponseError(null, new errors.ClientClosedError()),
  takeOpening: () => undefined,
  certificateEndsAt: undefined,
  cancelOpening: () => {},
  close: async () => {},
}
