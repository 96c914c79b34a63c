import type { Gateway, Subscribed, SubscribeRequest } from '@sightline/core/ports'

/** Subscribing and unsubscribing of one session. */
export interface SubscriptionOrder {
  subscribe(request: SubscribeRequest): Promise<Subscribed>
  unsubscribe(request: Pick<SubscribeRequest, 'topic' | 'params' | 'variant'>): void
}

/**
 * Keeps what a client says of one topic in the order it said it: a subscription takes its time, and an unsubscription sent right behind
 * would overtake it and leave the client subscribed.
 */
export const subscriptionOrder = (gateway: Gateway, sessionId: string): SubscriptionOrder => {
  const last = new Map<string, Promise<unknown>>()

  const after = <T>(request: Pick<SubscribeRequest, 'topic' | 'params' | 'variant'>, act: () => Promise<T>): Promise<T> => {
    const key = JSON.stringify([request.topic, request.params, request.variant])
    const before = last.get(key)
    const acted = before === undefined ? act() : before.then(act, act)
    last.set(key, acted)
    const forget = (): void => {
      if (last.get(key) === acted) last.delete(key)
    }
    acted.then(forget, forget)
    return acted
  }

  return {
    subscribe: (request) => after(request, () => gateway.subscribe(sessionId, request)),
    unsubscribe: (request) => {
      void after(request, async () => gateway.unsubscribe(sessionId, request))
    },
  }
}
