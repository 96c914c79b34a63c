import { type PublicError, SightlineError } from '@sightline/core'
import type { Gateway } from '@sightline/core/ports'
import type { ApiDescription } from '@sightline/core/protocol'
import type { EventBudget } from './event-budget.ts'
import { version1Events } from './version-1.ts'
import { quoted, readCall, readSubscribe } from './wire-payload.ts'

export type Acknowledge = (answer: object) => void

/** What the events of one session need. */
export interface SessionEventsOptions {
  readonly sessionId: string
  readonly gateway: Gateway
  /** Aborts when the session is gone. */
  readonly signal: AbortSignal
  readonly budget: EventBudget
  apis(): readonly ApiDescription[]
  monotonic(): number
  emit(event: 'metrics:data' | 'metrics:error', payload: object): void
}

/** Takes every event a client sends, whatever its name. Never throws, never rejects: what is wrong is told to the sender. */
export type SessionEvents = (event: unknown, payload: unknown, acknowledge: Acknowledge | null) => Promise<void>

const isVersion1 = (event: unknown): boolean => typeof event === 'string' && event.startsWith('metrics:')

const sourceOf = (payload: unknown): { readonly source?: string } =>
  typeof payload === 'object' && payload !== null && 'source' in payload && typeof payload.source === 'string'
    ? { source: payload.source.slice(0, 128) }
    : {}

export const createSessionEvents = (options: SessionEventsOptions): SessionEvents => {
  const { sessionId, gateway, signal, budget, apis, monotonic, emit } = options

  const sendError = (event: unknown, error: PublicError, about: { readonly source?: string }): void => {
    const { code, message, ...details } = error
    emit('metrics:error', {
      code,
      message,
      event: typeof event === 'string' ? event.slice(0, 128) : String(event).slice(0, 128),
      ...about,
      ...details,
    })
  }

  const version1 = version1Events({
    call: (request) => gateway.call(sessionId, { ...request, signal }),
    subscribe: (request) => gateway.subscribe(sessionId, request),
    unsubscribe: (request) => gateway.unsubscribe(sessionId, request),
    apis,
    emit,
    report: (error, { event, source }) => sendError(event, error.toPublic(), { source }),
  })

  const topics: Readonly<Record<string, (payload: unknown) => Promise<unknown>>> = {
    subscribe: async (payload) => {
      const { delta, ...request } = readSubscribe(payload)
      return gateway.subscribe(sessionId, { ...request, variant: delta === true ? 'patch' : 'whole' })
    },
    unsubscribe: async (payload) => {
      const { delta, since: _, ...request } = readSubscribe(payload)
      gateway.unsubscribe(sessionId, { ...request, variant: delta === true ? 'patch' : 'whole' })
    },
    call: async (payload) => ({ output: await gateway.call(sessionId, { ...readCall(payload), signal }) }),
  }

  const handlerOf = (event: unknown): ((payload: unknown) => Promise<unknown>) => {
    for (const events of [version1, topics]) {
      const handler = typeof event === 'string' && Object.hasOwn(events, event) ? events[event] : undefined
      if (handler !== undefined) return handler
    }
    throw new SightlineError('UNKNOWN_EVENT', `There is no event ${quoted(event)}.`)
  }

  return async (event, payload, acknowledge) => {
    try {
      const waitMs = budget.take(monotonic())
      if (waitMs > 0)
        throw new SightlineError('TOO_MANY_REQUESTS', 'Too many events on this connection.', { retryAfterMs: waitMs })
      const answer = await handlerOf(event)(payload)
      acknowledge?.({ ok: true, ...(answer as object | undefined) })
    } catch (thrown) {
      const error = SightlineError.from(thrown).toPublic()
      if (signal.aborted) return
      acknowledge?.({ ok: false, error })
      // Version 1 listens to errors as events; who speaks topics and calls reads the acknowledgement. What a client itself took back is no error.
      if ((acknowledge === null || isVersion1(event)) && error.code !== 'ABORTED') sendError(event, error, sourceOf(payload))
    }
  }
}
