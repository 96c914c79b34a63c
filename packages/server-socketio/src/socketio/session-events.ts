import { type PublicError, SightlineError } from '@sightline/core'
import type { Gateway } from '@sightline/core/ports'
import { type ApiDescription, spellName } from '@sightline/core/protocol'
import type { EventBudget } from './event-budget.ts'
import { createEventQueue, type EventQueueBounds } from './event-queue.ts'
import { version1Events } from './version-1.ts'
import { readCall, readSubscribe } from './wire-payload.ts'

/** Resolves when the answer is on its way. */
export type Acknowledge = (answer: object) => Promise<void>

/** What the events of one session need. */
export interface SessionEventsOptions {
  readonly sessionId: string
  readonly gateway: Gateway
  /** Aborts when the session is gone. */
  readonly signal: AbortSignal
  readonly budget: EventBudget
  apis(): readonly ApiDescription[]
  readonly queue: EventQueueBounds
  /** False while the client has not read what it asked for before; `resume` follows. */
  mayStart(): boolean
  monotonic(): number
  /** Resolves when it is on its way. */
  emit(event: 'metrics:data' | 'metrics:error', payload: object): Promise<void>
}

/** An event as it came. */
export interface ReceivedEvent {
  readonly event: unknown
  readonly payload: unknown
  readonly acknowledge: Acknowledge | null
  /** Of the message it came in. */
  readonly bytes: number
}

/** Takes every event a client sends, whatever its name. Never throws, never rejects: what is wrong is told to the sender. */
export interface SessionEvents {
  take(received: ReceivedEvent): void
  /** Goes on with what waited for the client to read. */
  resume(): void
  /** Forgets what waits. */
  close(): void
}

/** What asks for an operation, and so may take long; the rest is about topics and does not wait behind it. */
const CALLS: ReadonlySet<unknown> = new Set(['call', 'metrics:get'])

const isVersion1 = (event: unknown): boolean => typeof event === 'string' && event.startsWith('metrics:')

const sourceOf = (payload: unknown): { readonly source?: string } =>
  typeof payload === 'object' && payload !== null && 'source' in payload && typeof payload.source === 'string'
    ? { source: payload.source.slice(0, 128) }
    : {}

export const createSessionEvents = (options: SessionEventsOptions): SessionEvents => {
  const { sessionId, gateway, signal, budget, apis, mayStart, monotonic, emit } = options
  const queues = {
    calls: createEventQueue({ bounds: options.queue, mayStart }),
    topics: createEventQueue({ bounds: options.queue, mayStart }),
  }

  const sendError = (event: unknown, error: PublicError, about: { readonly source?: string }): Promise<void> => {
    const { code, message, ...details } = error
    return emit('metrics:error', {
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
    report: (error, { event, source }) => void sendError(event, error.toPublic(), { source }),
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
    throw new SightlineError('UNKNOWN_EVENT', `There is no event ${spellName(event)}.`)
  }

  const fail = async ({ event, payload, acknowledge }: ReceivedEvent, thrown: unknown): Promise<void> => {
    if (signal.aborted) return
    const error = SightlineError.from(thrown).toPublic()
    await acknowledge?.({ ok: false, error })
    // Version 1 listens to errors as events; who speaks topics and calls reads the acknowledgement. What a client itself took back is no error.
    if ((acknowledge === null || isVersion1(event)) && error.code !== 'ABORTED') await sendError(event, error, sourceOf(payload))
  }

  const serve = async (received: ReceivedEvent): Promise<void> => {
    const { event, payload, acknowledge } = received
    try {
      const answer = await handlerOf(event)(payload)
      await acknowledge?.({ ok: true, ...(answer as object | undefined) })
    } catch (thrown) {
      await fail(received, thrown)
    }
  }

  return {
    take: (received) => {
      const waitMs = budget.take(monotonic())
      if (waitMs > 0) {
        void fail(received, tooMany('Too many events on this connection.', waitMs))
        return
      }
      const { calls, topics: others } = queues
      const queue = CALLS.has(received.event) ? calls : others
      const isTaken = queue.add({ bytes: received.bytes, run: () => serve(received) })
      if (!isTaken) void fail(received, tooMany('Too many events of this connection wait for their turn.', FULL_RETRY_MS))
    },
    resume: () => {
      for (const queue of Object.values(queues)) queue.resume()
    },
    close: () => {
      for (const queue of Object.values(queues)) queue.close()
    },
  }
}

const FULL_RETRY_MS = 1_000

const tooMany = (message: string, retryAfterMs: number): SightlineError =>
  new SightlineError('TOO_MANY_REQUESTS', message, { retryAfterMs })
