import { expect, test } from 'vitest'
import { createEventQueue } from '../../src/socketio/event-queue.ts'

const setUp = (bounds: { readonly maxRunning: number; readonly maxWaiting: number; readonly maxWaitingBytes: number }) => {
  const started: string[] = []
  const ends = new Map<string, () => void>()
  let isFree = true
  const queue = createEventQueue({ bounds, mayStart: () => isFree })
  return {
    queue,
    started,
    setFree: (free: boolean) => {
      isFree = free
    },
    add: (name: string, bytes = 1): boolean =>
      queue.add({
        bytes,
        run: () => {
          started.push(name)
          return new Promise((resolve) => ends.set(name, resolve))
        },
      }),
    end: async (name: string): Promise<void> => {
      ends.get(name)?.()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

test('a few run at once, in the order they came; the next starts when one ends', async () => {
  const { add, end, started } = setUp({ maxRunning: 2, maxWaiting: 10, maxWaitingBytes: 100 })
  for (const name of ['a', 'b', 'c', 'd']) expect(add(name)).toBe(true)
  expect(started).toEqual(['a', 'b'])
  await end('b')
  expect(started).toEqual(['a', 'b', 'c'])
  await end('a')
  expect(started).toEqual(['a', 'b', 'c', 'd'])
})

test('none starts while it may not, and all go on after', () => {
  const { queue, add, started, setFree } = setUp({ maxRunning: 4, maxWaiting: 10, maxWaitingBytes: 100 })
  setFree(false)
  add('a')
  add('b')
  expect(started).toEqual([])
  setFree(true)
  queue.resume()
  expect(started).toEqual(['a', 'b'])
})

test('what waits is bounded in number and in bytes, and forgotten at the end', async () => {
  const few = setUp({ maxRunning: 1, maxWaiting: 2, maxWaitingBytes: 100 })
  expect(['a', 'b', 'c', 'd'].map((name) => few.add(name))).toEqual([true, true, true, false])
  const small = setUp({ maxRunning: 1, maxWaiting: 10, maxWaitingBytes: 100 })
  expect([small.add('a', 500), small.add('b', 60), small.add('c', 60), small.add('d', 40)]).toEqual([true, true, false, true])
  small.queue.close()
  await small.end('a')
  expect(small.started).toEqual(['a'])
  expect(small.add('e', 100)).toBe(true)
  expect(small.started).toEqual(['a', 'e'])
})
