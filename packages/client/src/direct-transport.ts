import type { Principal } from '@sightline/core/ports'
import { type ClientMessages, type ClientTransport, type Frame, SightlineError, topicKey } from '@sightline/core/protocol'

interface Caller {
  readonly as: Principal | 'system' | null
  readonly team?: string
}

/** The part of a `Sightline` that a client in the same process needs. */
export interface DirectSource {
  call(request: ClientMessages['call']['payload'] & Caller & { readonly signal?: AbortSignal }): Promise<unknown>
  read(request: { readonly topic: string; readonly params?: unknown } & Caller): Promise<Frame | null>
}

/**
 * A way to a Sightline in the same process, for rendering pages on the server: each topic as it stands when it is asked for, without
 * what comes after. One for each request that is served, since `as` is its user.
 *
 * @example
 * const client = createClient<App>({ transport: directTransport(sightline, { as: user }) })
 * await client.topic('metrics', { api: 'orders', region: 'us-east' }).ready()
 */
export const directTransport = (sightline: DirectSource, caller: Caller): ClientTransport => {
  let isOpen = false
  const requests: {
    [M in keyof ClientMessages]: (payload: ClientMessages[M]['payload'], signal?: AbortSignal) => Promise<unknown>
  } = {
    subscribe: async ({ topic, params }) => {
      const key = topicKey(topic, (params ?? {}) as Record<string, unknown>)
      const frame = await sightline.read({ topic, ...(params === undefined ? {} : { params }), ...caller })
      return frame ? { topic: frame.topic, frame } : { topic: key, pending: true }
    },
    unsubscribe: async () => {},
    call: (payload, signal) => sightline.call({ ...payload, ...caller, ...(signal ? { signal } : {}) }),
  }
  return {
    open: (on) => {
      isOpen = true
      queueMicrotask(() => {
        if (isOpen) on.connected()
      })
    },
    request: <M extends keyof ClientMessages>(
      message: M,
      payload: ClientMessages[M]['payload'],
      { signal, timeoutMs = 10_000 }: { signal?: AbortSignal; timeoutMs?: number } = {},
    ) => {
      if (!isOpen) return Promise.reject(new SightlineError('UNAVAILABLE', 'The client is closed.'))
      const patience = AbortSignal.timeout(timeoutMs)
      const either = signal ? AbortSignal.any([signal, patience]) : patience
      return new Promise<ClientMessages[M]['answer']>((resolve, reject) => {
        either.addEventListener('abort', () =>
          reject(
            signal?.aborted
              ? new SightlineError('ABORTED', `The caller gave up waiting for the answer to '${message}'.`)
              : new SightlineError('TIMEOUT', `No answer to '${message}' within ${timeoutMs} ms.`),
          ),
        )
        requests[message](payload, either).then(resolve as (answer: unknown) => void, reject)
      })
    },
    close: () => {
      isOpen = false
    },
  }
}
