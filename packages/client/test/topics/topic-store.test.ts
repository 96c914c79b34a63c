import type { Frame } from '@sightline/core/protocol'
import { describe, expect, test, vi } from 'vitest'
import { at, entries, list, whole } from '../support/frames.ts'
import { settle } from '../support/scripted-server.ts'
import { answerWith, five, put, raise, setup } from '../support/topic-session.ts'

describe('a topic', () => {
  test('is subscribed with its first listener, and shows every frame', async () => {
    const { server, topic } = setup()
    server.onSubscribe(answerWith(five))
    const seen: unknown[] = []
    expect(topic.view()).toMatchObject({ status: 'idle', data: undefined, isStale: true })
    topic.subscribe(() => seen.push([topic.view().status, (topic.view().data as { open: number } | undefined)?.open]))
    expect(topic.view().status).toBe('loading')
    await settle()
    server.send(raise)
    expect(seen).toEqual([
      ['loading', undefined],
      ['live', 5],
      ['live', 6],
    ])
    expect(topic.view()).toMatchObject({ isStale: false, error: null, mark: { version: at(6), digest: raise.digest } })
    expect(server.of('subscribe')).toEqual([{ topic: 't', delta: true }])
  })

  test('is one object until something changes', async () => {
    const { server, topic } = setup()
    server.onSubscribe(answerWith(five))
    const listener = vi.fn()
    topic.subscribe(listener)
    await settle()
    const view = topic.view()
    listener.mockClear()
    server.send(five)
    server.send(whole(at(4), { open: 4 }))
    expect(topic.view()).toBe(view)
    expect(listener).not.toHaveBeenCalled()
  })

  test('is subscribed once for many listeners, and left a while after the last', async () => {
    const { server, clock, topic, connection } = setup()
    server.onSubscribe(answerWith(five))
    const offs = [topic.subscribe(() => {}), topic.subscribe(() => {})]
    await settle()
    for (const off of offs) off()
    for (const off of offs) off()
    await clock.advance(4_999)
    expect(server.of('unsubscribe')).toEqual([])
    await clock.advance(1)
    expect(server.of('unsubscribe')).toEqual([{ topic: 't', delta: true }])
    expect(topic.view()).toMatchObject({ status: 'stale', data: { open: 5 } })
    expect(server.of('subscribe')).toHaveLength(1)
    await clock.advance(1_000)
    expect([connection.get().status, clock.pending]).toEqual(['idle', 0])
  })

  test('that is taken up again within that while stays subscribed', async () => {
    const { server, clock, topic } = setup()
    server.onSubscribe(answerWith(five))
    topic.subscribe(() => {})()
    topic.subscribe(() => {})
    await clock.advance(60_000)
    expect([server.of('subscribe').length, server.of('unsubscribe').length]).toEqual([1, 0])
  })

  test('that is taken up later goes on from what it has', async () => {
    const { server, clock, topic } = setup()
    server.onSubscribe(answerWith(five))
    topic.subscribe(() => {})()
    await clock.advance(10_000)
    server.onSubscribe(() => ({ topic: 't', upToDate: true }))
    topic.subscribe(() => {})
    expect(topic.view()).toMatchObject({ status: 'stale', data: { open: 5 } })
    await settle()
    expect(topic.view()).toMatchObject({ status: 'live', data: { open: 5 } })
    expect(server.of('subscribe')[1]).toEqual({ topic: 't', delta: true, since: { version: at(5), digest: five.digest } })
  })

  test('without listeners is forgotten when there are too many of them', async () => {
    const { server, clock, topics } = setup({ maxIdleTopics: 2 })
    server.onSubscribe(({ topic }) => ({ topic, frame: { ...five, topic } }))
    for (const name of ['a', 'b', 'c', 'd']) {
      topics.open(name, undefined).subscribe(() => {})()
      await clock.advance(5_000)
    }
    expect(['a', 'b', 'c', 'd'].map((name) => topics.find(name, undefined) !== undefined)).toEqual([false, false, true, true])
  })

  test('is one whatever the order of its params', () => {
    const { topics } = setup()
    expect(topics.open('m', { api: 'a', region: 'r' })).toBe(topics.open('m', { region: 'r', api: 'a' }))
    expect(topics.find('m', { api: 'a', region: 'x' })).toBeUndefined()
  })

  test('a listener that throws keeps nobody else from hearing', async () => {
    const { server, topic } = setup()
    server.onSubscribe(answerWith(five))
    const uncaught: unknown[] = []
    const listeners = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.once('uncaughtException', (error) => uncaught.push(error))
    topic.subscribe(() => {
      if (topic.view().data) throw new Error('in a listener')
    })
    const second = vi.fn()
    topic.subscribe(second)
    await settle()
    for (const listener of listeners) process.on('uncaughtException', listener)
    expect(second).toHaveBeenCalled()
    expect(uncaught).toMatchObject([{ message: 'in a listener' }])
  })
})

describe('two sets of params that lead to one topic', () => {
  test('share its frames, and the server is told to stop with the last', async () => {
    const { server, clock, topics } = setup()
    server.onSubscribe(() => ({ topic: 'm?limit=50', frame: { ...five, topic: 'm?limit=50' } }))
    const [plain, full] = [topics.open('m', {}), topics.open('m', { limit: 50 })]
    const off = plain.subscribe(() => {})
    const offFull = full.subscribe(() => {})
    await settle()
    server.send({ ...raise, topic: 'm?limit=50' })
    expect([plain.view().data, full.view().data]).toEqual([{ open: 6 }, { open: 6 }])
    off()
    await clock.advance(5_000)
    expect(server.of('unsubscribe')).toEqual([])
    offFull()
    await clock.advance(5_000)
    expect(server.of('unsubscribe')).toHaveLength(1)
  })
})

describe('dehydrated', () => {
  const loaded = async () => {
    const { server, topics } = setup()
    const frames: Record<string, Frame> = { a: five, b: list([put('x', 1)]), c: entries('c1', ['e']) }
    server.onSubscribe(({ topic }) => (frames[topic] ? { topic, frame: { ...frames[topic], topic } } : { topic, pending: true }))
    for (const name of [...Object.keys(frames), 'never'])
      topics.open(name, name === 'a' ? { api: 'o' } : undefined).subscribe(() => {})
    await settle()
    return topics
  }

  test('what is loaded travels as JSON, and shows at once elsewhere', async () => {
    const from = await loaded()
    const dehydrated = JSON.parse(JSON.stringify(from.dehydrate()))
    expect(dehydrated.topics.map(({ topic }: { topic: string }) => topic)).toEqual(['a', 'b', 'c'])
    const { server, topics } = setup()
    topics.hydrate(dehydrated)
    const topic = topics.open('a', { api: 'o' })
    expect(topic.view()).toMatchObject({ status: 'stale', data: { open: 5 }, isStale: true })
    server.onSubscribe(({ topic }) => ({ topic, upToDate: true }))
    topic.subscribe(() => {})
    await settle()
    expect(topic.view().status).toBe('live')
    expect(server.of('subscribe')).toEqual([
      { topic: 'a', params: { api: 'o' }, delta: true, since: { version: at(5), digest: five.digest } },
    ])
  })

  test('the picture is the same where it was rendered and where it is taken over, whatever has happened since', async () => {
    const from = await loaded()
    const { server, topics } = setup()
    topics.hydrate(JSON.parse(JSON.stringify(from.dehydrate())))
    const rendered = topics.open('a', { api: 'o' }).picture()
    expect(rendered).toMatchObject({ status: 'stale', data: { open: 5 } })
    server.onSubscribe(answerWith(whole(at(9), { open: 9 })))
    topics.open('a', { api: 'o' }).subscribe(() => {})
    await settle()
    expect(topics.open('a', { api: 'o' }).view().data).toEqual({ open: 9 })
    expect(topics.open('a', { api: 'o' }).picture()).toBe(rendered)
  })

  test('the picture of a topic that was not sent along is that of one nobody has asked for', async () => {
    const { server, topic } = setup()
    server.onSubscribe(answerWith(five))
    await topic.ready()
    expect(topic.picture()).toMatchObject({ status: 'stale', data: { open: 5 } })
    expect(topic.picture()).toBe(topic.picture())
    topic.subscribe(() => {})
    expect(topic.picture()).toMatchObject({ status: 'idle', data: undefined })
  })

  test('what is known already stays', async () => {
    const from = await loaded()
    const { server, topics } = setup()
    server.onSubscribe(answerWith({ ...whole(at(9), { open: 9 }), topic: 'a' }))
    topics.open('a', { api: 'o' }).subscribe(() => {})
    await settle()
    topics.hydrate(from.dehydrate())
    expect(topics.open('a', { api: 'o' }).view().data).toEqual({ open: 9 })
  })
})
