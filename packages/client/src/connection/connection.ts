import type { Clock } from '@sightline/core/ports'
import { type ClientMessages, type ClientTransport, type Frame, SightlineError } from '@sightline/core/protocol'
import { createListeners } from '../listeners.ts'
import { toError } from '../to-error.ts'

/** `idle`: nobody needs it, it opens with the first use. `closed`: refused, or closed for good; `error` says why. */
export type ConnectionStatus = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'closed'

/** A new object with every change, and only then. */
export interface ConnectionState {
  readonly status: ConnectionStatus
  /** Why it is not connected, as far as known; null while it is. */
  readonly error: SightlineError | null
}

/** What a connection tells the topics that live on it. */
export interface ConnectionEvents {
  connected(): void
  /** `error`: the door stays shut; without it, the connection is being restored. */
  disconnected(error: SightlineError | null): void
  frame(frame: Frame): void
}

export interface RequestOptions {
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

/** One way to a server: opened with the first use, kept while it is used, closed a while after the last. */
export interface Connection {
  get(): ConnectionState
  subscribe(listener: () => void): () => void
  /** Counts the times it was lost: a request sent before that will not be answered any more. */
  readonly losses: number
  /** Keeps it open, and opens it where it is not; returns its undo. */
  hold(): () => void
  /** Resolves when connected. Rejects with the refusal, with `UNAVAILABLE` after `timeoutMs`, or with `ABORTED`. */
  ready(options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined }): Promise<void>
  /** Rejects with `UNAVAILABLE` while it is not connected. */
  request: ClientTransport['request']
  /** Drops it and opens another, so that `auth` is asked anew: after a login or a logout. Does nothing while nobody needs it. */
  reconnect(): void
  /** For good. Idempotent. */
  close(): void
}

interface ConnectionOptions {
  /** Makes a transport for each time it is opened. */
  readonly transport: () => ClientTransport
  readonly clock: Clock
  /** How long it stays open after its last use, in ms; null: until `close`. */
  readonly idleMs: number | null
  readonly on: ConnectionEvents
}

export const createConnection = ({ transport: createTransport, clock, idleMs, on }: ConnectionOptions): Connection => {
  let state: ConnectionState = { status: 'idle', error: null }
  let transport: ClientTransport | null = null
  let holds = 0
  let losses = 0
  let isClosed = false
  let cancelIdle = () => {}
  const changes = createListeners()

  const become = (status: ConnectionStatus, error: SightlineError | null = null) => {
    // Each attempt that fails makes an error of its own; one that says the same is no change.
    const isSameError = state.error?.code === error?.code && state.error?.message === error?.message
    if (state.status === status && isSameError) return
    state = { status, error }
    changes.emit()
  }

  const drop = () => {
    const dropped = transport
    transport = null
    if (state.status === 'connected') losses++
    dropped?.close()
  }

  const open = () => {
    const opened = createTransport()
    transport = opened
    become('connecting')
    // A transport that was dropped may still have something to say.
    const own =
      <Args extends unknown[]>(handle: (...args: Args) => void) =>
      (...args: Args) => {
        if (transport === opened) handle(...args)
      }
    let refusal: SightlineError | null = null
    opened.open({
      connected: own(() => {
        refusal = null
        become('connected')
        on.connected()
      }),
      refused: own((error: unknown) => {
        refusal = toError(error)
      }),
      disconnected: own((reason: string, willRetry: boolean) => {
        const error = refusal ?? new SightlineError('UNAVAILABLE', `The server cannot be reached: ${reason}.`)
        refusal = null
        if (!willRetry) return shut(error)
        const wasConnected = state.status === 'connected'
        if (wasConnected) losses++
        become(wasConnected ? 'reconnecting' : state.status, error)
        on.disconnected(null)
      }),
      frame: own((frame: Frame) => on.frame(frame)),
    })
  }

  const shut = (error: SightlineError) => {
    drop()
    become('closed', error)
    on.disconnected(error)
  }

  return {
    get: () => state,
    subscribe: changes.add,
    get losses() {
      return losses
    },
    hold: () => {
      holds++
      cancelIdle()
      if (!transport && !isClosed) open()
      let isHeld = true
      return () => {
        if (!isHeld) return
        isHeld = false
        if (--holds > 0 || idleMs === null) return
        cancelIdle = clock.setTimer(idleMs, () => {
          drop()
          if (!isClosed) become('idle')
        })
      }
    },
    ready: ({ timeoutMs, signal }) =>
      new Promise((resolve, reject) => {
        const settle = (error?: SightlineError) => {
          undo.forEach((step) => {
            step()
          })
          if (error) reject(error)
          else resolve()
        }
        const abort = () => settle(new SightlineError('ABORTED', 'The caller gave up before the server was reached.'))
        const check = () => {
          if (state.status === 'connected') settle()
          else if (state.status === 'closed') settle(state.error ?? undefined)
        }
        const undo = [
          changes.add(check),
          clock.setTimer(timeoutMs, () => {
            settle(state.error ?? new SightlineError('UNAVAILABLE', `The server was not reached within ${timeoutMs} ms.`))
          }),
          () => signal?.removeEventListener('abort', abort),
        ]
        signal?.addEventListener('abort', abort)
        if (signal?.aborted) abort()
        else check()
      }),
    request: <M extends keyof ClientMessages>(message: M, payload: ClientMessages[M]['payload'], options?: RequestOptions) =>
      transport?.request(message, payload, options) ??
      Promise.reject(new SightlineError('UNAVAILABLE', 'There is no connection to the server.')),
    reconnect: () => {
      if (isClosed || holds === 0) return
      drop()
      on.disconnected(null)
      open()
    },
    close: () => {
      if (isClosed) return
      isClosed = true
      cancelIdle()
      shut(new SightlineError('ABORTED', 'This client is closed.'))
    },
  }
}
