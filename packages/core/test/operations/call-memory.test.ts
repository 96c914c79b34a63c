import { expect, test } from 'vitest'
import { createCallMemory } from '../../src/operations/call-memory.ts'
import { testClock } from '../../src/testing/index.ts'

test('who repeats a command gets the first answer, for ten minutes; a failure is forgotten at once', async () => {
  const clock = testClock()
  const remembered = createCallMemory({ clock })
  let runs = 0
  const work = async (): Promise<number> => ++runs
  expect(await Promise.all([remembered('a', work), remembered('a', work)])).toEqual([1, 1])
  await clock.advance(600_000)
  expect(await remembered('a', work)).toBe(1)
  await clock.advance(1)
  expect(await remembered('a', work)).toBe(2)
  await expect(remembered('b', () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  expect(await remembered('b', work)).toBe(3)
})

test('ten thousand answers are remembered, the oldest go first', async () => {
  const remembered = createCallMemory({ clock: testClock() })
  let runs = 0
  const work = async (): Promise<number> => ++runs
  for (let count = 0; count <= 10_050; count++) await remembered(`k${count}`, work)
  const before = runs
  await remembered('k10000', work)
  expect(runs).toBe(before)
  await remembered('k0', work)
  expect(runs).toBe(before + 1)
})

test('a first run that fails late does not forget the one that took its place', async () => {
  const clock = testClock()
  const remembered = createCallMemory({ clock })
  let fail = (_: Error): void => {}
  const first = remembered(
    'a',
    () =>
      new Promise((_, reject) => {
        fail = reject
      }),
  )
  first.catch(() => {})
  await clock.advance(600_001)
  let runs = 0
  const work = async (): Promise<number> => ++runs
  await remembered('a', work)
  fail(new Error('late'))
  await expect(first).rejects.toThrow('late')
  expect(await remembered('a', work)).toBe(1)
})
