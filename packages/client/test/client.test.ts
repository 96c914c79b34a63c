import { SightlineError } from '@sightline/core/protocol'
import { testClock } from '@sightline/core/testing'
import { describe, expect, test, vi } from 'vitest'
import { type ClientOptions, createClient, createSharedSockets } from '../src/index.ts'
import { at, whole } from './support/frames.ts'
import { scriptedServer, settle } from './support/scripted-server.ts'

const setup = (options: ClientOptions = {}) => {
  const server = scriptedServer()
  const clock = testClock()
  const client = createClient({ transport: server.transport(), clock, random: () => 0.5, ...options })
  server.onSubscribe(({ topic }) => ({ topic, frame: { ...whole(at(1), { comments: ['a'] }), topic } }))
  return { server, clock, client }
}

describe('topics', () => {
  test('nothing is asked of the server before somebody subscribes', async () => {
    const { server, client } = setup()
    const topic = client.topic('incident', { id: 'i1' })
    expect([topic.get(), topic.view().status, client.connection.get().status]).toEqual([undefined, 'idle', 'idle'])
    await settle()
    expect(server.opened).toBe(0)
    const off = topic.subscribe(() => {})
    await settle()
    expect([server.opened, client.connection.get().status]).toEqual([1, 'connected'])
    expect(topic.get()).toEqual({ comments: ['a'] })
    off()
  })

  test('a listener is told of what is there already, after its undo is in hand', async () => {
    const { server, client } = setup()
    await client.topic('incident', { id: 'i1' }).ready()
    const seen: unknown[] = []
    const off = client.topic('incident', { id: 'i1' }).subscribe(({ data }) => seen.push(data))
    expect(seen).toEqual([])
    await settle()
    expect(seen).toEqual([{ comments: ['a'] }])
    server.send({ ...whole(at(2), { comments: [] }), topic: 'incident' })
    expect(seen).toHaveLength(2)
    off()
    server.send({ ...whole(at(3), { comments: ['b'] }), topic: 'incident' })
    expect(seen).toHaveLength(2)
    const none = vi.fn()
    client.topic('incident', { id: 'i1' }).subscribe(none)()
    await settle()
    expect(none).not.toHaveBeenCalled()
  })

  test('ready gives up when its signal says so', async () => {
    const { server, client } = setup()
    server.onSubscribe(({ topic }) => ({ topic, pending: true }))
    const abort = new AbortController()
    const arrival = client.topic('regions').ready({ signal: abort.signal })
    abort.abort(new Error('enough'))
    await expect(arrival).rejects.toThrow('enough')
    await expect(client.topic('regions').ready({ signal: abort.signal })).rejects.toThrow('enough')
    expect(client.topic('regions').ready()).toBe(client.topic('regions').ready())
  })
})

describe('calls', () => {
  test('connect first, carry an idempotency key, and let the connection go afterwards', async () => {
    const { server, clock, client } = setup()
    server.onCall(({ input }) => ({ got: input }))
    expect(await client.call('deploys.record', { service: 'x' })).toEqual({ got: { service: 'x' } })
    expect(server.of('call')).toEqual([
      { operation: 'deploys.record', input: { service: 'x' }, idempotencyKey: expect.stringMatching(/^[\da-f]{32}$/) },
    ])
    expect(clock.pending).toBe(0)
  })

  test('reject with the server’s error', async () => {
    const { server, client } = setup()
    server.onCall(() =>
      Promise.reject({
        code: 'INVALID_INPUT',
        message: 'service is missing.',
        fields: [{ path: 'service', message: 'is missing' }],
      }),
    )
    const error = await client.call('deploys.record', {}).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(SightlineError)
    expect(error).toMatchObject({ code: 'INVALID_INPUT', fields: [{ path: 'service', message: 'is missing' }] })
    expect(server.of('call')).toHaveLength(1)
  })

  test('are repeated under the same key when the connection is lost before the answer', async () => {
    const { server, client } = setup()
    let attempts = 0
    server.onCall(() => (++attempts === 1 ? new Promise(() => {}) : 'done'))
    const answer = client.call('deploys.record', { service: 'x' })
    await settle()
    server.cut()
    expect(await answer).toBe('done')
    const [first, second] = server.of('call')
    expect(second).toEqual(first)
  })

  test('are given up after three losses, the outcome unknown', async () => {
    const { server, client } = setup()
    server.onCall(() => new Promise(() => {}))
    const answer = client.call('deploys.record', {}).catch((error: SightlineError) => error)
    for (let i = 0; i < 4; i++) {
      await settle()
      server.cut()
    }
    expect(await answer).toMatchObject({ code: 'TIMEOUT' })
    expect(server.of('call')).toHaveLength(3)
  })

  test('an error that only looks like a loss is the server’s, and not repeated', async () => {
    const { server, client } = setup()
    server.onCall(() => Promise.reject({ code: 'UNAVAILABLE', message: 'Storage is away.' }))
    await expect(client.call('deploys.record', {})).rejects.toMatchObject({ code: 'UNAVAILABLE', message: 'Storage is away.' })
    expect(server.of('call')).toHaveLength(1)
  })

  test('say whether they were sent: not at all, or nobody knows', async () => {
    const { server, clock, client } = setup()
    server.down()
    const unsent = client.call('x', {}, { timeoutMs: 1_000 }).catch((error: SightlineError) => error.code)
    await clock.advance(1_000)
    expect(await unsent).toBe('UNAVAILABLE')
    server.up()
    server.onCall(() => new Promise(() => {}))
    const sent = client.call('x', {}, { timeoutMs: 1_000 }).catch((error: SightlineError) => error.code)
    await settle()
    server.down()
    await clock.advance(1_000)
    expect(await sent).toBe('TIMEOUT')
  })

  test('can be given up', async () => {
    const { server, client } = setup()
    server.onCall(() => new Promise(() => {}))
    const abort = new AbortController()
    const answer = client.call('x', {}, { signal: abort.signal })
    await settle()
    abort.abort()
    await expect(answer).rejects.toMatchObject({ code: 'ABORTED' })
    expect(server.of('call')).toHaveLength(1)
  })

  test('take a key of the caller’s', async () => {
    const { server, client } = setup()
    await client.call('x', {}, { idempotencyKey: 'form-7' })
    expect(server.of('call')).toMatchObject([{ idempotencyKey: 'form-7' }])
  })
})

describe('optimistic calls', () => {
  const comment = (text: string) => (data: unknown) => ({ comments: [...(data as { comments: string[] }).comments, text] })
  const open = async () => {
    const all = setup()
    const topic = all.client.topic('incident', { id: 'i1' })
    topic.subscribe(() => {})
    await settle()
    let answer: (value: unknown) => void = () => {}
    let fail: (error: unknown) => void = () => {}
    all.server.onCall(
      () =>
        new Promise((resolve, reject) => {
          answer = resolve
          fail = reject
        }),
    )
    const call = all.client.call(
      'incidents.comment',
      {},
      { optimistic: (draft) => draft.topic('incident', { id: 'i1' }, comment('soon')) },
    )
    return { ...all, topic, call, answer: (value: unknown) => answer(value), fail: (error: unknown) => fail(error) }
  }

  test('show their effect at once, over whatever else arrives, until answered', async () => {
    const { server, topic, call, answer } = await open()
    expect(topic.get()).toEqual({ comments: ['a', 'soon'] })
    expect(topic.view().mark?.version).toEqual(at(1))
    server.send({ ...whole(at(2), { comments: ['a', 'b'] }), topic: 'incident' })
    expect(topic.get()).toEqual({ comments: ['a', 'b', 'soon'] })
    await settle()
    answer('done')
    await call
    expect(topic.get()).toEqual({ comments: ['a', 'b'] })
  })

  test('take it back when they fail', async () => {
    const { topic, call, fail } = await open()
    await settle()
    fail({ code: 'FORBIDDEN', message: 'No.' })
    await expect(call).rejects.toMatchObject({ code: 'FORBIDDEN' })
    expect(topic.get()).toEqual({ comments: ['a'] })
  })

  test('leave topics alone that are not loaded, and are not sent where their effect throws', async () => {
    const { server, client } = setup()
    await client.call('x', {}, { optimistic: (draft) => draft.topic('incident', { id: 'other' }, comment('soon')) })
    expect(client.topic('incident', { id: 'other' }).view().status).toBe('idle')
    await client.topic('incident', { id: 'i1' }).ready()
    const broken = client.call(
      'y',
      {},
      {
        optimistic: (draft) =>
          draft.topic('incident', { id: 'i1' }, () => {
            throw new Error('in a recipe')
          }),
      },
    )
    await expect(broken).rejects.toThrow('in a recipe')
    expect(server.of('call')).toHaveLength(1)
  })
})

describe('close', () => {
  test('ends subscriptions and the connection, for good', async () => {
    const { server, client } = setup()
    const listener = vi.fn()
    const states: string[] = []
    client.connection.subscribe(({ status }) => states.push(status))
    client.topic('incident', { id: 'i1' }).subscribe(listener)
    await settle()
    listener.mockClear()
    client.close()
    client.close()
    expect(server.open).toBe(0)
    expect(client.connection.get()).toMatchObject({ status: 'closed', error: { code: 'ABORTED' } })
    expect(() => client.topic('regions').subscribe(() => {})).toThrow('This client is closed.')
    await expect(client.call('x', {})).rejects.toMatchObject({ code: 'ABORTED' })
    expect(states.at(-1)).toBe('connected')
    expect(listener).not.toHaveBeenCalled()
  })

  test('of one of two that share a socket leaves the other alone', async () => {
    const sockets = createSharedSockets()
    const options: ClientOptions = { url: 'http://127.0.0.1:9', sockets }
    const [first, second] = [createClient(options), createClient(options)]
    first.topic('regions').subscribe(() => {})
    second.topic('regions').subscribe(() => {})
    expect(second.connection.get().status).toBe('connecting')
    first.close()
    expect([first.connection.get().status, second.connection.get().status]).toEqual(['closed', 'connecting'])
    second.close()
    expect(second.connection.get().status).toBe('closed')
  })
})

test('a client starts from what another has loaded', async () => {
  const { client } = setup()
  await client.topic('incident', { id: 'i1' }).ready()
  const next = setup({ hydrate: JSON.parse(JSON.stringify(client.dehydrate())) })
  expect(next.client.topic('incident', { id: 'i1' }).view()).toMatchObject({ status: 'stale', data: { comments: ['a'] } })
  expect(next.server.opened).toBe(0)
})
