import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyKeyed, emptyKeyed, type KeyedTopic } from '../../../client/src/topics/keyed-topic.ts'
import { sha1 } from '../../../client/src/topics/sha1.ts'
import type { KeyedDrop, KeyedPut } from '../../src/protocol/frame.ts'
import { createKeyedRoom } from '../../src/topics/keyed-room.ts'

const at = (revision: number, epoch = 'e') => ({ epoch, revision })
const put = (key: string, revision: number, epoch = 'e'): KeyedPut => [key, at(revision, epoch), `${key}${revision}`]
const drop = (key: string, revision: number): KeyedDrop => [key, at(revision)]
const keys = (room: ReturnType<typeof createKeyedRoom>): string[] => room.answer(undefined)?.put.map(([key]) => key) ?? []

test('only what is newer is put or dropped, and only that is told', () => {
  const room = createKeyedRoom('t')
  room.replace([put('a', 2), put('b', 2)])
  expect(
    room.apply({ kind: 'keyed', put: [put('a', 1), put('b', 3), put('c', 1)], drop: [drop('a', 1), drop('z', 1)] }),
  ).toMatchObject({ whole: { put: [put('b', 3), put('c', 1)], drop: [] } })
  expect(room.apply({ kind: 'keyed', put: [put('b', 3)], drop: [] })).toBeNull()
  expect(room.apply({ kind: 'keyed', put: [], drop: [drop('a', 3)] })).toMatchObject({ whole: { put: [], drop: [drop('a', 3)] } })
  expect(keys(room)).toEqual(['b', 'c'])
})

test('a put from before a drop, which comes late, does not bring the item back; one from after it, or of another epoch, does', () => {
  const room = createKeyedRoom('t')
  room.replace([put('a', 1)])
  room.apply({ kind: 'keyed', put: [], drop: [drop('a', 3)] })
  expect(room.apply({ kind: 'keyed', put: [put('a', 2)], drop: [] })).toBeNull()
  expect(keys(room)).toEqual([])
  expect(room.apply({ kind: 'keyed', put: [put('a', 4)], drop: [] })).not.toBeNull()
  room.apply({ kind: 'keyed', put: [], drop: [drop('a', 5)] })
  expect(room.apply({ kind: 'keyed', put: [put('a', 1, 'f')], drop: [] })).not.toBeNull()
})

test('dropped keys are remembered, but not for ever', () => {
  const room = createKeyedRoom('t')
  const names = Array.from({ length: 10_001 }, (_, index) => `k${index}`)
  room.replace(names.map((name) => put(name, 1)))
  room.apply({ kind: 'keyed', put: [], drop: names.map((name) => drop(name, 2)) })
  expect(room.apply({ kind: 'keyed', put: [put('k1', 1)], drop: [] })).toBeNull()
  expect(room.apply({ kind: 'keyed', put: [put('k0', 1)], drop: [] })).not.toBeNull()
})

test('reading the list again tells only who has another', () => {
  const room = createKeyedRoom('t')
  expect(room.replace([put('a', 1)])).toMatchObject({ whole: { reset: true, put: [put('a', 1)] } })
  expect(room.replace([put('a', 1)])).toBeNull()
  const frame = room.answer(undefined)
  expect(room.answer({ digest: frame?.digest ?? '' })).toBeNull()
})

test('whatever comes in whatever order, a client that is sent what the room sends has what the room has', () => {
  const revision = fc.integer({ min: 1, max: 6 })
  const key = fc.constantFrom('a', 'b', 'c')
  const change = fc.record({
    put: fc.array(fc.tuple(key, revision), { maxLength: 3 }),
    drop: fc.array(fc.tuple(key, revision), { maxLength: 2 }),
  })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
      const room = createKeyedRoom('t')
      const context = { sha1, maxLogEntries: 1 }
      let client: KeyedTopic = emptyKeyed
      const whole = room.answer(undefined)
      if (whole !== null) client = applyKeyed(client, whole, { ...context, isAnswer: true }).state
      for (const each of changes) {
        const sent = room.apply({
          kind: 'keyed',
          put: each.put.map(([name, n]) => put(name, n)),
          drop: each.drop.map(([name, n]) => drop(name, n)),
        })
        if (sent === null) continue
        const applied = applyKeyed(client, sent.whole, context)
        expect(applied.resync).toBeUndefined()
        client = applied.state
      }
      expect(client.digest).toBe(room.answer(undefined)?.digest)
    }),
  )
})
