import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { allowAll, createSightline, definePlugin, defineQuery, silentLogger } from '../../src/index.ts'
import { createAnswerCache } from '../../src/operations/answer-cache.ts'
import type { Cache } from '../../src/ports/cache.ts'
import { testClock } from '../../src/testing/index.ts'

const store = () => {
  const values = new Map<string, string>()
  const ttls: number[] = []
  const state = { asked: 0, does: 'answer' as 'answer' | 'refuse' | 'hang' }
  const act = async <T>(answer: () => T): Promise<T> => {
    state.asked++
    if (state.does === 'hang') return new Promise<never>(() => {})
    if (state.does === 'refuse') throw new Error('away')
    return answer()
  }
  const cache: Cache = {
    name: 'test',
    get: (key) => act(() => values.get(key) ?? null),
    set: (key, value, { ttlMs }) =>
      act(() => {
        ttls.push(ttlMs)
        values.set(key, value)
        return true
      }),
    delete: (key) => act(() => void values.delete(key)),
    close: async () => {},
  }
  return { cache, values, ttls, state }
}

const counting = () => {
  const made = { times: 0 }
  return { made, make: async () => ({ times: ++made.times }) }
}

test('what was made is kept for an hour, for who asks the same and nobody else', async () => {
  const { cache, ttls } = store()
  const clock = testClock()
  const [here, there] = [createAnswerCache({ cache, clock }), createAnswerCache({ cache, clock })]
  const { make } = counting()
  expect(await here.answer({ about: ['red', 'x', { limit: 1 }] }, make)).toEqual({ times: 1 })
  expect(await there.answer({ about: ['red', 'x', { limit: 1 }] }, make)).toEqual({ times: 1 })
  expect(await there.answer({ about: ['blue', 'x', { limit: 1 }] }, make)).toEqual({ times: 2 })
  expect(await there.answer({ about: ['red', 'x', { limit: 2 }], ttlMs: 5 }, make)).toEqual({ times: 3 })
  expect(ttls).toEqual([3_600_000, 3_600_000, 5])
})

test('a cache that refuses, or holds what is no JSON, changes nothing', async () => {
  const { cache, values, state } = store()
  const clock = testClock()
  const answers = createAnswerCache({ cache, clock })
  const { make } = counting()
  await answers.answer({ about: ['x'] }, make)
  for (const key of values.keys()) values.set(key, 'no json')
  expect(await answers.answer({ about: ['x'] }, make)).toEqual({ times: 2 })
  await clock.advance(5_000)
  state.does = 'refuse'
  expect(await answers.answer({ about: ['x'] }, make)).toEqual({ times: 3 })
})

test('a cache that says nothing costs a quarter of a second once, and is left alone for five', async () => {
  const { cache, state } = store()
  const clock = testClock()
  const answers = createAnswerCache({ cache, clock })
  const { make } = counting()
  state.does = 'hang'
  const first = answers.answer({ about: ['x'] }, make)
  await clock.advance(250)
  expect(await first).toEqual({ times: 1 })
  for (let turn = 2; turn < 5; turn++) expect(await answers.answer({ about: ['x'] }, make)).toEqual({ times: turn })
  expect(state.asked).toBe(1)
  await clock.advance(5_000)
  state.does = 'answer'
  expect(await answers.answer({ about: ['x'] }, make)).toEqual({ times: 5 })
  expect(await answers.answer({ about: ['x'] }, make)).toEqual({ times: 5 })
})

test('what cannot be made is told once and not kept; nobody makes it twice for one question', async () => {
  const { cache, values } = store()
  const answers = createAnswerCache({ cache, clock: testClock() })
  let times = 0
  const failing = async () => {
    times++
    throw new Error('no such thing')
  }
  await expect(answers.answer({ about: ['x'] }, failing)).rejects.toThrow('no such thing')
  expect([times, values.size]).toEqual([1, 0])
})

test('without a cache everything is made, and nobody is asked what may be kept', async () => {
  const { make } = counting()
  let asked = 0
  const count = defineQuery({
    permission: 'counts:view',
    input: z.strictObject({}),
    output: z.object({ times: z.number() }),
    handle: make,
    cached: () => {
      asked++
      return { under: '' }
    },
  })
  const sightline = createSightline({
    access: allowAll(),
    logger: silentLogger(),
    apis: {
      jobs: { regions: { here: { probe: { collect: async () => ({ outcome: 'value', value: 1, latencyMs: 1, values: {} }) } } } },
    },
    plugins: [definePlugin({ name: 'counts', operations: { 'counts.get': count } })],
  })
  await sightline.start({ poll: false })
  onTestFinished(() => sightline.stop())
  const call = () => sightline.call({ operation: 'counts.get', input: {}, as: 'system' })
  await call()
  expect(await call()).toEqual({ times: 2 })
  expect(asked).toBe(0)
})
