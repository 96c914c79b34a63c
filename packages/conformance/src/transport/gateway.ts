import { SightlineError } from '@sightline/core'
import type { CallRequest, Connected, Credentials, Gateway, Subscribed, SubscribeRequest, Transport } from '@sightline/core/ports'

/** What the transport told the gateway, in order. */
export type GatewayEvent =
  | { readonly kind: 'connect'; readonly sessionId: string; readonly credentials: Credentials }
  | { readonly kind: 'disconnect'; readonly sessionId: string }
  | { readonly kind: 'lagging'; readonly sessionId: string }
  | { readonly kind: 'drained'; readonly sessionId: string }
  | { readonly kind: 'subscribe'; readonly sessionId: string; readonly request: SubscribeRequest }
  | {
      readonly kind: 'unsubscribe'
      readonly sessionId: string
      readonly request: Pick<SubscribeRequest, 'topic' | 'params' | 'variant'>
    }
  | { readonly kind: 'call'; readonly sessionId: string; readonly request: CallRequest }

/** A gateway that does as the real one: a topic is a room, a session that lags leaves its rooms until it is drained. */
export interface ScriptedGateway extends Gateway {
  readonly events: readonly GatewayEvent[]
  /** Sessions connected and not yet gone, oldest first. */
  readonly sessions: readonly string[]
  /** Resolves with the first event, past or to come, that fits; rejects after `withinMs`. */
  seen<K extends GatewayEvent['kind']>(
    kind: K,
    fits?: (event: Extract<GatewayEvent, { kind: K }>) => boolean,
    withinMs?: number,
  ): Promise<Extract<GatewayEvent, { kind: K }>>
}

/** What the script answers; each may reject. Left out, a subscription is up to date and a call answers with its input. */
export interface GatewayScript {
  connect?(credentials: Credentials): Promise<void>
  subscribe?(request: SubscribeRequest): Promise<Subscribed>
  call?(request: CallRequest): Promise<unknown>
}

export const scriptedGateway = (transport: Transport, script: GatewayScript = {}): ScriptedGateway => {
  const events: GatewayEvent[] = []
  const waiting = new Set<(event: GatewayEvent) => void>()
  const rooms = new Map<string, Set<string>>()
  let connected = 0

  const record = (event: GatewayEvent): void => {
    events.push(event)
    for (const tell of [...waiting]) tell(event)
  }

  return {
    events,
    get sessions() {
      return [...rooms.keys()]
    },
    connect: async (credentials): Promise<Connected> => {
      await script.connect?.(credentials)
      const sessionId = `session-${++connected}`
      rooms.set(sessionId, new Set())
      record({ kind: 'connect', sessionId, credentials })
      return { sessionId, serverTime: 1_700_000_000_000, protocol: 1 }
    },
    disconnect: (sessionId) => {
      rooms.delete(sessionId)
      record({ kind: 'disconnect', sessionId })
    },
    lagging: (sessionId) => {
      for (const room of rooms.get(sessionId) ?? []) transport.leave(sessionId, room)
      record({ kind: 'lagging', sessionId })
    },
    drained: (sessionId) => {
      for (const room of rooms.get(sessionId) ?? []) transport.join(sessionId, room)
      record({ kind: 'drained', sessionId })
    },
    subscribe: async (sessionId, request) => {
      record({ kind: 'subscribe', sessionId, request })
      rooms.get(sessionId)?.add(request.topic)
      transport.join(sessionId, request.topic)
      return (await script.subscribe?.(request)) ?? { topic: request.topic, upToDate: true }
    },
    unsubscribe: (sessionId, request) => {
      rooms.get(sessionId)?.delete(request.topic)
      transport.leave(sessionId, request.topic)
      record({ kind: 'unsubscribe', sessionId, request })
    },
    call: async (sessionId, request) => {
      record({ kind: 'call', sessionId, request })
      return script.call === undefined ? request.input : script.call(request)
    },
    seen: <K extends GatewayEvent['kind']>(
      kind: K,
      fits: (event: Extract<GatewayEvent, { kind: K }>) => boolean = () => true,
      withinMs = 10_000,
    ) => {
      const isIt = (event: GatewayEvent): event is Extract<GatewayEvent, { kind: K }> =>
        event.kind === kind && fits(event as Extract<GatewayEvent, { kind: K }>)
      const past = events.find(isIt)
      if (past !== undefined) return Promise.resolve(past)
      return new Promise<Extract<GatewayEvent, { kind: K }>>((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(tell)
          reject(new Error(`the gateway was not told '${kind}' within ${withinMs} ms`))
        }, withinMs)
        const tell = (event: GatewayEvent): void => {
          if (!isIt(event)) return
          clearTimeout(timer)
          waiting.delete(tell)
          resolve(event)
        }
        waiting.add(tell)
      })
    },
  }
}

/** Refuses as a gateway does. */
export const refusal = (code: 'UNAUTHENTICATED' | 'FORBIDDEN' | 'NOT_FOUND' | 'INVALID_INPUT', message: string): SightlineError =>
  new SightlineError(code, message)
