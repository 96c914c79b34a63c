import { expect, test } from 'vitest'
import { createStateRoom } from '../../src/topics/state-room.ts'

const at = (revision: number, epoch = 'e') => ({ epoch, revision })
const state = (revision: number, data: unknown = revision, epoch = 'e') => ({
  kind: 'state' as const,
  version: at(revision, epoch),
  data,
})
const large = (n: number) => ({ n, filler: Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, index])) })

test('within an epoch only what is newer is taken; a patch leads from one to the next', () => {
  const room = createStateRoom('t')
  expect(room.answer(undefined)).toBeUndefined()
  expect(room.apply(state(2, large(2)))).toMatchObject({ patch: null, isNews: true, whole: { reset: true } })
  expect(room.apply(state(1, large(1)))).toBeNull()
  expect(room.apply(state(2, large(2)))).toBeNull()
  expect(room.apply(state(3, large(3)))).toMatchObject({
    patch: { base: at(2), patch: [{ op: 'replace', path: '/n', value: 3 }] },
    isNews: true,
  })
  expect(room.version).toEqual(at(3))
})

test('another epoch comes with `reset` and without a patch', () => {
  const room = createStateRoom('t')
  room.apply(state(9))
  expect(room.apply(state(1, 'new', 'f'))).toMatchObject({ patch: null, whole: { reset: true, version: at(1, 'f') } })
})

test('what is provisional is shown once, moves no version, and gives way to what is stored', () => {
  const room = createStateRoom('t')
  room.apply({ ...state(1, 'one'), content: 'A' })
  expect(room.apply({ ...state(1, 'two, unstored'), content: 'B', provisional: true })).toMatchObject({
    isNews: true,
    whole: { provisional: true },
  })
  expect(room.apply({ ...state(1, 'two, unstored, later'), content: 'B', provisional: true })).toBeNull()
  expect(room.version).toEqual(at(1))
  expect(room.answer({ version: at(1), digest: 'x' })).toMatchObject({ provisional: true, data: 'two, unstored' })
  // The same content under its own version: no news, but the mark moves.
  expect(room.apply({ ...state(2, 'two, stored'), content: 'B' })).toMatchObject({ isNews: false, whole: { version: at(2) } })
  expect(room.answer(undefined)).not.toHaveProperty('provisional')
  expect(room.apply({ ...state(2, 'two, stored'), content: 'B', provisional: true })).toBeNull()
})

test('a provisional document that turns out to be what was stored before is taken back by saying so', () => {
  const room = createStateRoom('t')
  const before = room.apply(state(1, 'one'))
  room.apply({ ...state(1, 'two'), provisional: true })
  expect(room.apply(state(1, 'one'))).toMatchObject({
    whole: { reset: true, version: at(1), digest: before?.whole.digest },
    isNews: true,
  })
})

test('what a read brings is believed, also an older revision; unless something was confirmed since it began', () => {
  const room = createStateRoom('t')
  room.apply(state(5))
  expect(room.take(state(3), room.moment())).toMatchObject({ whole: { reset: true, version: at(3) } })
  const moment = room.moment()
  room.apply(state(6))
  expect(room.take(state(4), moment)).toBeNull()
  expect(room.take(state(7), moment)).toMatchObject({ whole: { version: at(7) } })
  expect(room.take(state(1, 'other', 'f'), moment)).toBe('again')
  expect(room.take(state(1, 'other', 'f'), room.moment())).toMatchObject({ whole: { reset: true, version: at(1, 'f') } })
})

test('what a read brings takes a provisional document back, unless a later one waits to be stored', () => {
  const room = createStateRoom('t')
  room.apply({ ...state(0, 'unstored'), provisional: true })
  expect(room.take({ version: at(1), data: 'stored', isBehind: true }, room.moment())).toBeNull()
  expect(room.answer(undefined)).toMatchObject({ provisional: true, data: 'unstored' })
  expect(room.version).toEqual(at(1))
  expect(room.take({ version: at(1), data: 'stored' }, room.moment())).toMatchObject({ whole: { data: 'stored' } })
  expect(room.answer(undefined)).toMatchObject({ data: 'stored' })
})

test('a client’s mark decides what it is answered', () => {
  const room = createStateRoom('t')
  const first = room.apply(state(4, 'x'))
  const digest = first?.whole.digest ?? ''
  expect(room.answer({ version: at(4), digest })).toBeNull()
  expect(room.answer({ version: at(3), digest })).not.toHaveProperty('reset')
  expect(room.answer({ version: at(5), digest })).toMatchObject({ reset: true })
  expect(room.answer({ version: at(4), digest: 'other content' })).toMatchObject({ reset: true })
  expect(room.answer({ version: at(4, 'f'), digest })).toMatchObject({ reset: true })
})
