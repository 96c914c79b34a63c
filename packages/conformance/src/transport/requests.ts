import assert from 'node:assert/strict'
import { SightlineError } from '@sightline/core'
import type { Subscribed } from '@sightline/core/ports'
import type { Group } from '../runner.ts'
import { received, stateFrame, type TransportContext } from './context.ts'
import { refusal } from './gateway.ts'

/** Asserts that the client was refused with that code, and was shown that message. */
const refusedWith = async (code: string, message: string | RegExp, request: () => Promise<unknown>): Promise<void> => {
  const thrown = await request().then(
    (answer) => assert.fail(`expected ${code}, got ${JSON.stringify(answer)}`),
    (error: unknown) => error,
  )
  if (thrown instanceof assert.AssertionError) throw thrown
  assert.ok(thrown instanceof Error)
  assert.equal((thrown as { readonly code?: unknown }).code, code, thrown.message)
  assert.match(thrown.message, typeof message === 'string' ? new RegExp(message) : message)
}

/** What clients ask and are answered. */
export const requests: Group<TransportContext> = {
  name: 'requests',
  tests: {
    'nobody is let in before open': async ({ connect, serve }) => {
      await assert.rejects(connect())
      await serve()
      await (await connect()).close()
    },

    'the gateway is shown what the client showed': async ({ connect, serve }) => {
      const gateway = await serve()
      await connect({ auth: { token: 'abc', nested: [1] }, headers: { 'X-Shown': 'Some Value' } })
      const { credentials } = await gateway.seen('connect')
      assert.deepEqual(credentials.auth, { token: 'abc', nested: [1] })
      assert.equal(credentials.headers['x-shown'], 'Some Value')
      assert.ok(
        Object.keys(credentials.headers).every((name) => name === name.toLowerCase()),
        'headers are lower case',
      )
      assert.ok(credentials.address.length > 0)
    },

    'a client that the gateway refuses is not let in, and is told why': async ({ connect, serve }) => {
      const gateway = await serve({
        connect: async ({ auth }) => {
          if (JSON.stringify(auth) !== '{"token":"good"}') throw refusal('UNAUTHENTICATED', 'Who are you?')
        },
      })
      await refusedWith('UNAUTHENTICATED', 'Who are you', () => connect({ auth: { token: 'bad' } }))
      assert.equal(gateway.sessions.length, 0)
      await connect({ auth: { token: 'good' } })
      assert.equal(gateway.sessions.length, 1)
    },

    'a subscription goes to the gateway and its answer to the client, of every form': async ({ connect, serve }) => {
      const answers: readonly Subscribed[] = [
        { topic: 'metrics:1', frame: stateFrame('metrics:1', { open: 1 }) },
        { topic: 'metrics:2', upToDate: true },
        { topic: 'metrics:3', pending: true },
      ]
      const queue = [...answers]
      const gateway = await serve({ subscribe: async () => queue.shift() ?? assert.fail('asked more often than expected') })
      const client = await connect()
      const since = { version: { epoch: 'e', revision: 3 }, digest: 'd' }
      for (const answer of answers) {
        assert.deepEqual(await client.subscribe({ topic: 'metrics', params: { api: 'orders' }, since, variant: 'patch' }), answer)
      }
      const { request } = await gateway.seen('subscribe')
      assert.deepEqual(request, { topic: 'metrics', params: { api: 'orders' }, since, variant: 'patch' })
    },

    'a frame that was broadcast while a subscription was being answered is not lost': async ({ transport, connect, serve }) => {
      await serve({
        subscribe: async ({ topic }) => {
          transport.broadcast(topic, stateFrame(topic, 'meanwhile', 2))
          return { topic, frame: stateFrame(topic, 'loaded', 1) }
        },
      })
      const client = await connect()
      await client.subscribe({ topic: 'room' })
      const [frame] = await received(client, 1)
      assert.deepEqual(frame, stateFrame('room', 'meanwhile', 2))
    },

    'an unsubscription goes to the gateway, of that session': async ({ transport, serve, reader }) => {
      const gateway = await serve()
      const [leaving, staying] = [await reader('room'), await reader('room')]
      await leaving.unsubscribe({ topic: 'room' })
      assert.deepEqual((await gateway.seen('unsubscribe')).sessionId, gateway.sessions[0])
      transport.broadcast('room', stateFrame('t', 1))
      await received(staying, 1)
      assert.equal(leaving.frames.length, 0)
    },

    'a call goes to the gateway with its input and key, its output to the client': async ({ connect, serve }) => {
      const gateway = await serve({ call: async ({ operation, input }) => ({ operation, input }) })
      const client = await connect()
      const inputs = [{ '$a.b': ['\u0000', '😀', 1e21, null, { constructor: 1 }] }, null, [], 'text', 0, false]
      for (const input of inputs) {
        const output = await client.call({ operation: 'metrics.get', input })
        assert.deepEqual(output, { operation: 'metrics.get', input })
      }
      await client.call({ operation: 'metrics.pollNow', input: {}, idempotencyKey: 'key-1' })
      const { request } = await gateway.seen('call', (event) => event.request.operation === 'metrics.pollNow')
      assert.equal(request.idempotencyKey, 'key-1')
    },

    'answers find their calls, whichever comes first': async ({ connect, serve }) => {
      await serve({
        call: async ({ input }) => {
          await new Promise((resolve) => setTimeout(resolve, Number(input) % 2 === 0 ? 60 : 5))
          return Number(input) * 10
        },
      })
      const client = await connect()
      const outputs = await Promise.all(
        Array.from({ length: 20 }, (_, index) => client.call({ operation: 'slow', input: index })),
      )
      assert.deepEqual(
        outputs,
        Array.from({ length: 20 }, (_, index) => index * 10),
      )
    },

    'a refusal reaches the client with its code and message, and ends nothing': async ({ transport, serve, reader }) => {
      await serve({
        subscribe: async ({ topic }) => {
          if (topic === 'secret') throw refusal('FORBIDDEN', 'Not for you.')
          return { topic, upToDate: true }
        },
        call: async ({ operation }) => {
          if (operation === 'missing') throw refusal('NOT_FOUND', 'There is no such thing.')
          return 'fine'
        },
      })
      const client = await reader('room')
      await refusedWith('FORBIDDEN', 'Not for you', () => client.subscribe({ topic: 'secret' }))
      await refusedWith('NOT_FOUND', 'no such thing', () => client.call({ operation: 'missing', input: {} }))
      assert.equal(await client.call({ operation: 'present', input: {} }), 'fine')
      transport.broadcast('room', stateFrame('t', 1))
      await received(client, 1)
    },

    'the faults of an input reach the client by their paths': async ({ connect, serve }) => {
      const fields = [{ path: 'api', message: 'is missing' }]
      await serve({
        call: async () => {
          throw new SightlineError('INVALID_INPUT', 'The input does not fit.', { fields })
        },
      })
      const client = await connect()
      const thrown = await client.call({ operation: 'a', input: {} }).then(
        () => null,
        (error: unknown) => error,
      )
      assert.deepEqual((thrown as { readonly fields?: unknown }).fields, fields)
    },

    'a fault inside is INTERNAL to the client: nothing of it is shown': async ({ connect, serve }) => {
      await serve({
        subscribe: async () => {
          throw new Error('password=hunter2')
        },
        call: async () => {
          throw new TypeError('/srv/secret/path.ts:12')
        },
      })
      const client = await connect()
      await refusedWith('INTERNAL', /^(?!.*(hunter2|secret)).*$/s, () => client.subscribe({ topic: 'a' }))
      await refusedWith('INTERNAL', /^(?!.*(hunter2|secret)).*$/s, () => client.call({ operation: 'a', input: {} }))
    },
  },
}
