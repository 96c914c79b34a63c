import { SightlineError } from '@sightline/core'
import type { Gateway } from '@sightline/core/ports'
import { broken, inRequests, type TransportFault, through } from './transport-fault.ts'

/** Questions and answers that go astray. */
export const requestFaults: readonly TransportFault[] = [
  broken('clients are let in before open', inRequests('nobody is let in before open'), (transport) => {
    const inner: { gateway: Gateway | null } = { gateway: null }
    const waiting: Gateway = {
      connect: async () => ({ sessionId: 'early', serverTime: 0, protocol: 1 }),
      disconnect: () => {},
      lagging: () => {},
      drained: () => {},
      subscribe: async (_, request) => ({ topic: request.topic, upToDate: true }),
      unsubscribe: () => {},
      call: async () => null,
    }
    void transport.open(waiting)
    return {
      open: (gateway) => {
        inner.gateway = gateway
        return transport.open(gateway)
      },
    }
  }),
  through('headers keep their spelling', inRequests('the gateway is shown what the client showed'), (gateway) => ({
    connect: ({ headers, ...shown }) =>
      gateway.connect({
        ...shown,
        headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value])),
      }),
  })),
  through(
    'what a client shows is not passed on',
    inRequests('the gateway is shown what the client showed', 'a client that the gateway refuses is not let in, and is told why'),
    (gateway) => ({
      connect: (credentials) => gateway.connect({ ...credentials, auth: undefined }),
    }),
  ),
  through(
    'a client that is refused is let in',
    inRequests('a client that the gateway refuses is not let in, and is told why'),
    (gateway) => ({
      connect: (credentials) =>
        gateway.connect(credentials).catch(() => gateway.connect({ ...credentials, auth: { token: 'good' } })),
    }),
  ),
  through(
    'a subscription is answered by the transport itself',
    inRequests('a subscription goes to the gateway and its answer to the client, of every form'),
    (gateway) => ({
      subscribe: async (id, request) => {
        await gateway.subscribe(id, request)
        return { topic: request.topic, upToDate: true }
      },
    }),
  ),
  through(
    'where a client stands is not passed on',
    inRequests('a subscription goes to the gateway and its answer to the client, of every form'),
    (gateway) => ({
      subscribe: (id, { since: _, ...request }) => gateway.subscribe(id, request),
    }),
  ),
  broken(
    'a room is joined when its subscription has been answered',
    inRequests('a frame that was broadcast while a subscription was being answered is not lost'),
    (transport) => {
      let waiting: (() => void)[] | null = null
      return {
        open: (gateway) =>
          transport.open({
            ...gateway,
            subscribe: async (id, request) => {
              waiting = []
              const answer = await gateway.subscribe(id, request)
              for (const join of waiting) join()
              waiting = null
              return answer
            },
          }),
        join: (id, room) => {
          if (waiting === null) transport.join(id, room)
          else waiting.push(() => transport.join(id, room))
        },
      }
    },
  ),
  through('an unsubscription is not passed on', inRequests('an unsubscription goes to the gateway, of that session'), () => ({
    unsubscribe: () => {},
  })),
  through(
    'the key of a command is not passed on',
    inRequests('a call goes to the gateway with its input and key, its output to the client'),
    (gateway) => ({
      call: (id, { idempotencyKey: _, ...request }) => gateway.call(id, request),
    }),
  ),
  through(
    'an empty answer is none',
    inRequests('a call goes to the gateway with its input and key, its output to the client'),
    (gateway) => ({
      call: async (id, request) => {
        const output = (await gateway.call(id, request)) as { readonly input?: unknown }
        return output.input === null ? {} : output
      },
    }),
  ),
  through(
    'answers come in the order of the calls, whosever they are',
    inRequests('answers find their calls, whichever comes first'),
    (gateway) => {
      const outputs: unknown[] = []
      return {
        call: async (id, request) => {
          outputs.push(await gateway.call(id, request))
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 100))
          return outputs.shift()
        },
      }
    },
  ),
  through(
    'every refusal is INTERNAL',
    inRequests(
      'a refusal reaches the client with its code and message, and ends nothing',
      'the faults of an input reach the client by their paths',
    ),
    (gateway) => ({
      call: (id, request) =>
        gateway.call(id, request).catch(() => {
          throw new SightlineError('INTERNAL', 'Something went wrong.')
        }),
    }),
  ),
  through(
    'a fault inside is shown as it is',
    inRequests('a fault inside is INTERNAL to the client: nothing of it is shown'),
    (gateway) => ({
      call: (id, request) =>
        gateway.call(id, request).catch((error: Error) => {
          throw new SightlineError('INTERNAL', error.message)
        }),
    }),
  ),
]
