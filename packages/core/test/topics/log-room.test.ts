import { expect, test } from 'vitest'
import { createLogRoom } from '../../src/topics/log-room.ts'

const entries = (...ids: string[]) => ids.map((id) => ({ id }))

test('each entry is sent once, and the cursor is that of the change, else the last id', () => {
  const room = createLogRoom('t')
  expect(room.cursor).toBeNull()
  expect(room.apply({ kind: 'log', entries: entries('a', 'b') })).toMatchObject({
    whole: { cursor: 'b', entries: entries('a', 'b') },
  })
  expect(room.apply({ kind: 'log', entries: entries('b', 'a') })).toBeNull()
  expect(room.apply({ kind: 'log', entries: entries('b', 'c'), cursor: 'at:3' })).toMatchObject({
    whole: { cursor: 'at:3', entries: entries('c') },
  })
  expect(room.cursor).toBe('at:3')
  expect(room.apply({ kind: 'log', entries: [] })).toBeNull()
})

test('what was sent is remembered for the last thousand', () => {
  const room = createLogRoom('t')
  const ids = Array.from({ length: 1_500 }, (_, index) => `e${index}`)
  room.apply({ kind: 'log', entries: entries(...ids) })
  expect(room.apply({ kind: 'log', entries: entries('e1499', 'e600') })).toBeNull()
  expect(room.apply({ kind: 'log', entries: entries('e0') })).not.toBeNull()
})
