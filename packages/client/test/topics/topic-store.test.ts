import type { Frame, KeyedPut, SubscribeAck } from '@sightline/core/protocol'
import { testClock } from '@sightline/core/testing'
import { describe, expect, test, vi } from 'vitest'
import { createSession } from '../../src/session.ts'
import type { ResyncEvent } from '../../src/topics/topic-store.ts'
import { at, entries, keyed, list, patchTo, whole } from '../support/frames.ts'
import { scriptedServer, settle } from '../support/scripted-server.ts'

const setup = ({ maxIdleTopics = 10 } = {}) => {
  const server = scriptedServer()
  const clock = testClock()
  const resyncs: ResyncEvent[] = []
  const { topics, connection } = createSession({
    transport: server.transport,
    clock,
    random: () => 0.5,
    idleMs: 1_000,
    keepMs: 5_000,
    maxLogEntries: 10,
    maxIdleTopics,
    onResync: (event) => resyncs.push(event),
  })
  return { server, clock, topics, connection, resyncs, topic: topics.open('t', undefined) }
}

const answerWith = (frame: Frame) => (): SubscribeAck => ({ topic: frame.topic, frame })
const five = whole(at(5), { open: 5 })
const raise = patchTo(at(5), at(6), { open: 6 }, [{ op: 'replace', path: '/open', value: 6 }])
const put = (key: string, revision: number): KeyedPut => [key, at(revision), { key, revision }]

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

describe('resync', () => {
  test('a frame that does not fit asks for the whole, at once', async () => {
    const { server, topic, resyncs } = setup()
    server.onSubscribe(answerWith(five))
    topic.subscribe(() => {})
    await settle()
    server.onSubscribe(answerWith(whole(at(8), { open: 8 })))
    server.send(patchTo(at(7), at(8), { open: 8 }, [{ op: 'replace', path: '/open', value: 8 }]))
    expect(topic.view()).toMatchObject({ status: 'stale', data: { open: 5 } })
    await settle()
    expect(topic.view()).toMatchObject({ status: 'live', data: { open: 8 } })
    expect(server.of('subscribe')[1]).toEqual({ topic: 't', delta: true })
    expect(resyncs).toEqual([{ topic: 't', params: undefined, reason: 'a patch that does not fit' }])
  })

  test('frames that never fit are asked for ever more slowly', async () => {
    const { server, clock, topic } = setup()
    server.onSubscribe(answerWith({ ...five, digest: '0'.repeat(40) }))
    topic.subscribe(() => {})
    await clock.advance(60_000)
    const asked = server.of('subscribe').length
    expect(asked).toBeGreaterThan(10)
    expect(asked).toBeLessThan(30)
    server.onSubscribe(answerWith(five))
    await clock.advance(5_000)
    expect(topic.view()).toMatchObject({ status: 'live', data: { open: 5 } })
  })

  test('frames between the question and its answer are applied after it', async () => {
    const { server, topic } = setup()
    const answers: ((ack: SubscribeAck) => void)[] = []
    server.onSubscribe(() => new Promise((resolve) => answers.push(resolve)))
    topic.subscribe(() => {})
    await settle()
    server.send(patchTo(at(4), at(5), { open: 5 }, [{ op: 'replace', path: '/open', value: 5 }]))
    server.send(raise)
    expect(topic.view().data).toBeUndefined()
    answers[0]?.({ topic: 't', frame: five })
    await settle()
    expect(topic.view()).toMatchObject({ status: 'live', data: { open: 6 } })
    expect(server.of('subscribe')).toHaveLength(1)
  })

  test('an older revision is asked about again; a server that has caught up is believed, nothing older is shown', async () => {
    const { server, clock, topic } = setup()
    server.onSubscribe(answerWith(five))
    const shown = new Set<unknown>()
    topic.subscribe(() => shown.add((topic.view().data as { open?: number } | undefined)?.open))
    await settle()
    server.onSubscribe(answerWith(whole(at(4), { open: 4 }, { reset: true })))
    server.cut()
    await clock.advance(600)
    expect(topic.view()).toMatchObject({ status: 'stale', data: { open: 5 } })
    server.onSubscribe(answerWith(five))
    await clock.advance(600)
    expect(topic.view()).toMatchObject({ status: 'live', data: { open: 5 } })
    expect(shown).toEqual(new Set([undefined, 5]))
  })

  test('a server that insists on an older revision for over a second is believed', async () => {
    const { server, clock, topic } = setup()
    server.onSubscribe(answerWith(five))
    topic.subscribe(() => {})
    await settle()
    server.onSubscribe(answerWith(whole(at(4), { open: 4 }, { reset: true })))
    server.cut()
    await clock.advance(1_000)
    expect(topic.view().data).toEqual({ open: 5 })
    await clock.advance(600)
    expect(topic.view()).toMatchObject({ status: 'live', data: { open: 4 } })
  })

  test('pages are loaded until the list is whole', async () => {
    const { server, topic } = setup()
    const all = [put('a', 1), put('b', 2), put('c', 3)]
    server.onSubscribe(({ since }) => {
      const page = Number(since?.cursor ?? 0)
      const frame =
        page === 0
          ? list([put('a', 1)], { next: '1' })
          : keyed(all, { put: [put('abc'[page] as string, page + 1)], ...(page < 2 ? { next: `${page + 1}` } : {}) })
      return { topic: 't', frame }
    })
    topic.subscribe(() => {})
    const arrival = topic.ready()
    await settle()
    expect(await arrival).toHaveLength(3)
    expect(topic.view()).toMatchObject({ status: 'live', data: [{ key: 'a' }, { key: 'b' }, { key: 'c' }] })
    expect(server.of('subscribe').map(({ since }) => since?.cursor)).toEqual([undefined, '1', '2'])
  })
})

describe('a connection that is lost', () => {
  test('makes everything stale; with the next one, each topic goes on from its mark', async () => {
    const { server, topics } = setup()
    const kinds: Record<string, Frame> = { state: five, list: list([put('a', 1)]), log: entries('c1', ['x']) }
    server.onSubscribe(({ topic }) => ({ topic, frame: { ...(kinds[topic] as Frame), topic } }))
    const all = Object.keys(kinds).map((name) => topics.open(name, undefined))
    for (const topic of all) topic.subscribe(() => {})
    await settle()
    server.down()
    expect(all.map((topic) => topic.view().status)).toEqual(['stale', 'stale', 'stale'])
    server.onSubscribe(({ topic }) => ({ topic, upToDate: true }))
    server.up()
    await settle()
    expect(all.map((topic) => topic.view().status)).toEqual(['live', 'live', 'live'])
    expect(
      server
        .of('subscribe')
        .slice(3)
        .map(({ since }) => since),
    ).toEqual([{ version: at(5), digest: five.digest }, { digest: list([put('a', 1)]).digest }, { cursor: 'c1' }])
  })

  test('frames of the one before are not mistaken for the present one’s', async () => {
    const { server, topic } = setup()
    const answers: ((ack: SubscribeAck) => void)[] = []
    server.onSubscribe(() => new Promise((resolve) => answers.push(resolve)))
    topic.subscribe(() => {})
    await settle()
    server.send(whole(at(9), { open: 9 }))
    server.cut()
    await settle()
    answers[0]?.({ topic: 't', frame: whole(at(8), { open: 8 }) })
    answers[1]?.({ topic: 't', frame: five })
    await settle()
    expect(topic.view()).toMatchObject({ status: 'live', data: { open: 5 } })
  })

  test('an answer to an earlier question is void, whatever it says', async () => {
    const { server, topic } = setup()
    const answers: PromiseWithResolvers<SubscribeAck>[] = []
    server.onSubscribe(() => {
      const answer = Promise.withResolvers<SubscribeAck>()
      answers.push(answer)
      return answer.promise
    })
    topic.subscribe(() => {})
    await settle()
    topic.refresh()
    topic.refresh()
    await settle()
    answers[2]?.resolve({ topic: 't', frame: five })
    await settle()
    answers[0]?.resolve({ topic: 'elsewhere', frame: whole(at(9), { open: 9 }) })
    answers[1]?.reject({ code: 'FORBIDDEN', message: 'No.' })
    await settle()
    expect(topic.view()).toMatchObject({ status: 'live', data: { open: 5 }, error: null })
    server.send(raise)
    expect(topic.view()).toMatchObject({ status: 'live', data: { open: 6 } })
  })

  test('storage away: `pending` is stale until the frame comes, provisional frames are marked', async () => {
    const { server, topic } = setup()
    server.onSubscribe(answerWith(five))
    topic.subscribe(() => {})
    await settle()
    server.onSubscribe(() => ({ topic: 't', pending: true }))
    server.cut()
    await settle()
    expect(topic.view()).toMatchObject({ status: 'stale', data: { open: 5 } })
    server.send(whole(at(5), { open: 50 }, { provisional: true }))
    expect(topic.view()).toMatchObject({ status: 'live', data: { open: 50 }, isProvisional: true, mark: { version: at(5) } })
    server.send(whole(at(6), { open: 60 }))
    expect(topic.view()).toMatchObject({ status: 'live', data: { open: 60 }, isProvisional: false, mark: { version: at(6) } })
  })
})

describe('a refusal', () => {
  test('fails the topic, with the server’s error', async () => {
    const { server, topic } = setup()
    server.onSubscribe(() => Promise.reject({ code: 'FORBIDDEN', message: 'metrics:view is missing.' }))
    const arrival = topic.ready()
    await expect(arrival).rejects.toMatchObject({ code: 'FORBIDDEN', message: 'metrics:view is missing.' })
    expect(topic.view()).toMatchObject({ status: 'failed', data: undefined, error: { code: 'FORBIDDEN' } })
  })

  test('is over when the topic is asked for again', async () => {
    const { server, topic } = setup()
    server.onSubscribe(() => Promise.reject({ code: 'FORBIDDEN', message: 'No.' }))
    topic.subscribe(() => {})
    await settle()
    server.onSubscribe(answerWith(five))
    topic.refresh()
    await settle()
    expect(topic.view()).toMatchObject({ status: 'live', error: null, data: { open: 5 } })
  })

  test('is tried again with the next connection', async () => {
    const { server, topic } = setup()
    server.onSubscribe(() => Promise.reject({ code: 'UNKNOWN_TOPIC', message: 'No.' }))
    topic.subscribe(() => {})
    await settle()
    server.onSubscribe(answerWith(five))
    server.cut()
    await settle()
    expect(topic.view()).toMatchObject({ status: 'live', error: null })
  })

  test('that may pass is asked about again, as late as the server says', async () => {
    const { server, clock, topic } = setup()
    server.onSubscribe(() => Promise.reject({ code: 'TOO_MANY_REQUESTS', message: 'Later.', retryAfterMs: 3_000 }))
    topic.subscribe(() => {})
    await settle()
    expect(topic.view()).toMatchObject({ status: 'loading', error: { code: 'TOO_MANY_REQUESTS' } })
    server.onSubscribe(answerWith(five))
    await clock.advance(2_900)
    expect(topic.view().data).toBeUndefined()
    await clock.advance(100)
    expect(topic.view()).toMatchObject({ status: 'live', error: null })
  })

  test('of the connection fails what waits for it, and old data stays', async () => {
    const { server, topics, topic } = setup()
    server.onSubscribe(answerWith(five))
    topic.subscribe(() => {})
    await settle()
    const waiting = topics.open('other', undefined)
    server.onSubscribe(() => ({ topic: 'other', pending: true }))
    const arrival = waiting.ready().catch((error: unknown) => error)
    server.refuse({ code: 'UNAUTHENTICATED', message: 'Session over.' })
    expect(await arrival).toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(topic.view()).toMatchObject({ status: 'failed', data: { open: 5 }, isStale: true, error: { code: 'UNAUTHENTICATED' } })
    server.refuse(null)
    server.onSubscribe(answerWith(five))
    topic.refresh()
    await settle()
    expect(topic.view()).toMatchObject({ status: 'live', error: null })
  })
})

describe('ready', () => {
  test('is one promise while it waits, and keeps the topic for a while', async () => {
    const { server, clock, topic } = setup()
    const arrival = topic.ready()
    expect(topic.ready()).toBe(arrival)
    server.onSubscribe(answerWith(five))
    await settle()
    server.send(five)
    expect(await arrival).toEqual({ open: 5 })
    expect(await topic.ready()).toEqual({ open: 5 })
    await clock.advance(4_000)
    expect(topic.view().status).toBe('live')
    await clock.advance(2_000)
    expect(topic.view().status).toBe('stale')
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
