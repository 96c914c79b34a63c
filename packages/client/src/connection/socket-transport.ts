import {
  type ClientTransport,
  type ClientTransportEvents,
  type Frame,
  isPublicError,
  SightlineError,
} from '@sightline/core/protocol'
import { Manager, type Socket } from 'socket.io-client'
import { platformClock } from '../clock.ts'
import { toError } from '../to-error.ts'

/** What the handshake carries; asked anew with every connect and reconnect. */
export type Auth = () => Record<string, unknown> | Promise<Record<string, unknown>>

/** Where Socket.IO is found, what its handshake carries, and how soon it tries again. */
export interface SocketTransportOptions {
  /** `''`: this page's server, stand-alone. `'/sightline'`: embedded there under that path. Or a full URL with or without a path. Default `''`. */
  readonly url?: string
  /** Where Socket.IO listens. Default `<the url's path>/socket.io`. */
  readonly path?: string
  /** Default: none; cookies are sent either way. */
  readonly auth?: Auth
  /** The first wait before reconnecting, in ms; it doubles, and is spread by half. Default 200. */
  readonly reconnectDelayMs?: number
  /** The longest wait, in ms; six times that after the 20th attempt. Default 1,500. */
  readonly maxReconnectDelayMs?: number
}

/** Where Socket.IO listens for a `url` as `socketTransport` takes it. */
export const locate = (url: string, path?: string): { readonly origin: string | undefined; readonly path: string } => {
  const isAbsolute = /^[a-z][a-z\d+.-]*:\/\//i.test(url)
  if (!isAbsolute && typeof location === 'undefined') {
    throw new SightlineError('INVALID_INPUT', `The url '${url}' needs a page to be relative to; give a full URL.`)
  }
  const { origin, pathname } = isAbsolute ? new URL(url) : { origin: undefined, pathname: url }
  return { origin, path: path ?? `${pathname.replace(/\/+$/, '')}/socket.io` }
}

/** Refusals that another attempt with the same credentials does not change. */
const isFinal = ({ code }: SightlineError): boolean =>
  code === 'UNAUTHENTICATED' || code === 'FORBIDDEN' || code === 'INVALID_INPUT' || code === 'INCOMPATIBLE'

/**
 * A server over Socket.IO: polling first, then WebSocket. It reconnects by itself, also after the server sent it away, until it is refused.
 *
 * @example createClient<App>({ transport: socketTransport({ url: 'https://ops.example.com/sightline' }) })
 */
export const socketTransport = (options: SocketTransportOptions = {}): ClientTransport => {
  const { url = '', auth, reconnectDelayMs = 200, maxReconnectDelayMs = 1_500 } = options
  const { origin, path } = locate(url, options.path)
  const clock = platformClock()
  let socket: Socket | null = null
  let cancelRetry = () => {}

  const connect = (on: ClientTransportEvents) => {
    const managerOptions = {
      path,
      autoConnect: false,
      reconnectionDelay: reconnectDelayMs,
      reconnectionDelayMax: maxReconnectDelayMs,
    }
    const manager = origin === undefined ? new Manager(managerOptions) : new Manager(origin, managerOptions)
    let attempts = 0
    // Where Socket.IO does not try again by itself: it was sent away, refused for now, or `auth` failed.
    const retry = (reason: string, afterMs?: number) => {
      const delayMs = Math.min(reconnectDelayMs * 2 ** attempts++, maxReconnectDelayMs) * (0.5 + Math.random() / 2)
      cancelRetry = clock.setTimer(Math.max(delayMs, afterMs ?? 0), () => opened.connect())
      on.disconnected(reason, true)
    }
    const refuse = (error: SightlineError) => {
      on.refused(error)
      if (isFinal(error)) on.disconnected('refused', false)
      else retry('refused', error.retryAfterMs)
    }
    const authenticate = async (send: (auth: object) => void) => {
      try {
        send((await auth?.()) ?? {})
      } catch (error) {
        opened.disconnect()
        on.refused(toError(error))
        retry('no credentials')
      }
    }
    const opened = manager.socket('/', auth ? { auth: (send: (auth: object) => void) => void authenticate(send) } : {})
    manager.on('open', () => {
      // Polling is paused while the connection is upgraded, and engine.io-client (6.6) does not take it up again where the upgrade fails
      // then: nothing more would come until a ping is missed, 45 s later.
      const { engine } = manager
      engine.once('upgrading', () =>
        engine.once('upgradeError', () => {
          if (engine.readyState !== 'open') return
          opened.disconnect()
          retry('the upgrade to WebSocket failed')
        }),
      )
    })
    manager.on('reconnect_attempt', (attempt) => {
      if (attempt === 20) manager.reconnectionDelayMax(6 * maxReconnectDelayMs)
    })
    opened.on('connect', () => {
      attempts = 0
      manager.reconnectionDelayMax(maxReconnectDelayMs)
      on.connected()
    })
    opened.on('disconnect', (reason) => {
      if (reason === 'io client disconnect') return
      if (opened.active) on.disconnected(reason, true)
      else retry(reason)
    })
    opened.on('connect_error', (error: Error & { data?: unknown }) => {
      if (opened.active) return on.disconnected(error.message, true)
      refuse(isPublicError(error.data) ? toError(error.data) : new SightlineError('UNAVAILABLE', error.message, { cause: error }))
    })
    opened.on('update', (frame: Frame) => on.frame(frame))
    opened.connect()
    return opened
  }

  return {
    open: (on) => {
      socket = connect(on)
    },
    request: (message, payload, { signal, timeoutMs = 10_000 } = {}) =>
      new Promise((resolve, reject) => {
        const abort = () => reject(new SightlineError('ABORTED', `The caller gave up waiting for the answer to '${message}'.`))
        if (signal?.aborted) return abort()
        if (!socket?.connected) return reject(new SightlineError('UNAVAILABLE', 'There is no connection to the server.'))
        signal?.addEventListener('abort', abort)
        const sentOver = socket.id
        socket.timeout(timeoutMs).emit(message, payload, (failure: Error | null, answer: unknown) => {
          signal?.removeEventListener('abort', abort)
          if (isRefusal(answer)) reject(toError(answer.error))
          else if (!failure) resolve((message === 'call' ? (answer as { output?: unknown }).output : answer) as never)
          else if (socket?.id === sentOver)
            reject(new SightlineError('TIMEOUT', `No answer to '${message}' within ${timeoutMs} ms.`))
          else reject(new SightlineError('UNAVAILABLE', `The connection was lost before '${message}' was answered.`))
        })
      }),
    close: () => {
      cancelRetry()
      socket?.disconnect()
      socket = null
    },
  }
}

const isRefusal = (answer: unknown): answer is { readonly ok: false; readonly error: unknown } =>
  typeof answer === 'object' && answer !== null && 'ok' in answer && answer.ok === false
