import { expect, test } from 'vitest'
import { createRooms } from '../../src/socketio/rooms.ts'

test('members join, leave and are gone without a trace', () => {
  const rooms = createRooms<string>()
  rooms.join('ann', 'a')
  rooms.join('ann', 'a')
  rooms.join('ann', 'b')
  rooms.join('bob', 'a')
  expect([...(rooms.members('a') ?? [])]).toEqual(['ann', 'bob'])
  rooms.leave('ann', 'a')
  rooms.leave('ann', 'never')
  expect([...(rooms.members('a') ?? [])]).toEqual(['bob'])
  rooms.leaveAll('ann')
  rooms.leaveAll('ann')
  expect(rooms.members('b')).toBeUndefined()
  rooms.leaveAll('bob')
  expect(rooms.members('a')).toBeUndefined()
})

test('a member may leave while the room is walked', () => {
  const rooms = createRooms<string>()
  for (const name of ['a', 'b', 'c']) rooms.join(name, 'room')
  const walked: string[] = []
  for (const name of rooms.members('room') ?? []) {
    walked.push(name)
    rooms.leave(name, 'room')
  }
  expect(walked).toEqual(['a', 'b', 'c'])
})
