import type { Frame, SubscribeAck } from '@sightline/core/protocol'
import { describe, expect, test } from 'vitest'
import { at, entries, keyed, list, patchTo, whole } from '../support/frames.ts'
import { settle } from '../support/scripted-server.ts'
import { answerWith, five, put, raise, setup } from '../support/topic-session.ts'

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
