import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bufferedBytes, openPressed, type Pressed } from '../support/pressed.ts'
import { until } from '../support/until.ts'

const MEGABYTE = 1_048_576

let transport: Pressed['transport']
let model: Pressed['model']
let push: Pressed['push']
let openReader: Pressed['openReader']
let openSlow: Pressed['openSlow']
let close: Pressed['close']

beforeEach(async () => {
  ;({ transport, model, push, openReader, openSlow, close } = await openPressed())
})
afterEach(() => close())

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe('a reader that stops reading while 100 KB documents are pushed', () => {
  test('is buffered for at most 1 MB, gets the latest state of each topic, and nobody else waits', async () => {
    const topics = ['a', 'b', 'c', 'd', 'e', 'f']
    const fast = await openReader('fast', topics)
    const slow = await openSlow('slow', topics)
    let most = 0
    let revision = 0
    const sent = new Map<string, number>()
    /** Each round once the one before has been read: how fast a busy machine's readers are is not what is asked here. */
    const pushRounds = async (rounds: number, hasRead: () => boolean): Promise<number> => {
      const from = fast.shown.length
      for (let round = 0; round < rounds; round++) {
        revision++
        for (const topic of topics) {
          sent.set(`${topic}${revision}`, performance.now())
          push(topic, revision)
          most = Math.max(most, bufferedBytes(slow.connection))
        }
        await until(hasRead)
      }
      const latencies = fast.shown.slice(from).map(([topic, shown, atMs]) => atMs - (sent.get(`${topic}${shown}`) ?? 0))
      return latencies.sort((a, b) => a - b)[Math.floor(latencies.length / 2)] ?? 0
    }
    const fastHasRead = (): boolean => fast.shown.length === topics.length * revision
    const latencyWhileAllRead = await pushRounds(20, () => fastHasRead() && slow.shown().length === topics.length * revision)
    expect(model.log).toEqual([])
    slow.network.pause()
    const latencyWhileOneStalls = await pushRounds(60, fastHasRead)
    expect(most).toBeLessThanOrEqual(MEGABYTE)
    expect(model.log).toEqual([`lagging ${slow.id}`])
    expect(transport.laggingCount).toBe(1)

    // 480 documents: the fast reader has every one, in order, and no later than before.
    for (const topic of topics) {
      const revisions = fast.shown.filter(([name]) => name === topic).map(([, shown]) => shown)
      expect(revisions).toEqual(Array.from({ length: revision }, (_, i) => i + 1))
    }
    expect(latencyWhileOneStalls).toBeLessThan(3 * latencyWhileAllRead + 100)

    slow.network.resume()
    await until(() => topics.every((topic) => slow.shown().some(([name, shown]) => name === topic && shown === revision)))
    // Never the backlog.
    expect(slow.shown().length).toBeLessThan(topics.length * revision)
    await until(() => transport.laggingCount === 0)
    expect(model.log).toEqual([`lagging ${slow.id}`, `drained ${slow.id}`])

    // Back in its rooms.
    push('a', ++revision)
    await until(() => slow.shown().some(([name, shown]) => name === 'a' && shown === revision))
  })

  test('with more topics than its buffer holds still gets the latest of each, while they go on changing', async () => {
    const topics = Array.from({ length: 40 }, (_, i) => `topic-${i}`)
    const slow = await openSlow('slow', topics)
    slow.network.pause()
    let revision = 0
    let most = 0
    const round = async (): Promise<void> => {
      revision++
      for (const topic of topics) {
        push(topic, revision)
        most = Math.max(most, bufferedBytes(slow.connection))
      }
      await pause(20)
    }
    for (let i = 0; i < 5; i++) await round()
    const stalledAt = revision
    slow.network.resume()
    for (let i = 0; i < 10; i++) await round()
    await until(() => topics.every((topic) => slow.shown().some(([name, shown]) => name === topic && shown === revision)))
    expect(stalledAt).toBe(5)
    expect(most).toBeLessThanOrEqual(MEGABYTE)
    await until(() => transport.laggingCount === 0)
  })

  test('one that never reads again costs no more, until its connection times out', async () => {
    const slow = await openSlow('slow', ['a'])
    slow.network.pause()
    for (let revision = 1; revision <= 200; revision++) {
      push('a', revision)
      if (revision % 20 === 0) await pause(10)
    }
    expect(bufferedBytes(slow.connection)).toBeLessThanOrEqual(MEGABYTE)
    slow.network.destroy()
    await until(() => model.log.includes(`disconnect ${slow.id}`))
    expect(transport.laggingCount).toBe(0)
  })
})

test('a burst in one turn of the event loop makes no healthy reader lag', async () => {
  const readers = await Promise.all(['r0', 'r1', 'r2', 'r3'].map((name) => openReader(name, ['a', 'b', 'c', 'd', 'e', 'f'])))
  for (let round = 1; round <= 20; round++) {
    for (const topic of ['a', 'b', 'c', 'd', 'e', 'f']) push(topic, round)
    await pause(15)
  }
  for (const { shown } of readers) await until(() => shown.length === 120)
  expect(model.log.filter((line) => line.startsWith('lagging'))).toEqual([])
})

test('long polling is bounded too, and catches up', async () => {
  const reader = await openReader('poller', ['a', 'b'], ['polling'])
  let most = 0
  for (let revision = 1; revision <= 40; revision++) {
    push('a', revision)
    push('b', revision)
    most = Math.max(most, bufferedBytes(reader.connection))
    if (revision % 4 === 0) await pause(2)
  }
  expect(most).toBeLessThanOrEqual(MEGABYTE / 2)
  await until(() => ['a', 'b'].every((topic) => reader.shown.some(([name, revision]) => name === topic && revision === 40)))
  await until(() => transport.laggingCount === 0)
})
