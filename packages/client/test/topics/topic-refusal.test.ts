import { describe, expect, test } from 'vitest'
import { settle } from '../support/scripted-server.ts'
import { answerWith, five, setup } from '../support/topic-session.ts'

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
