import type { Frame, KeyedPut } from '@sightline/core/protocol'
import { describe, expect, test } from 'vitest'
import { applyAnswer, applyFrame, isProvisional, type TopicState, toFrame, toMark } from '../../src/topics/topic-state.ts'
import { at, context, entries, keyed, list, patchTo, whole } from '../support/frames.ts'

const after = (...frames: readonly Frame[]): TopicState =>
  frames.reduce<TopicState>((state, frame) => applyFrame(state, frame, context).state, null)
const put = (key: string, revision: number): KeyedPut => [key, at(revision), { key, revision }]
const raiseTo = (open: number) => [{ op: 'replace', path: '/open', value: open }] as const

describe('frames that came before the answer', () => {
  const five = whole(at(5), { open: 5 })

  test('of a state: those the answer contains are left out, those after it are applied', () => {
    const held = [
      patchTo(at(4), at(5), { open: 5 }, raiseTo(5)),
      patchTo(at(5), at(6), { open: 6 }, raiseTo(6)),
      whole(at(7), { open: 7 }),
    ]
    const { state, resync } = applyAnswer(null, five, held, context)
    expect(state).toMatchObject({ version: at(7), data: { open: 7 } })
    expect(resync).toBeUndefined()
  })
  test('of a state: a gap asks for the whole', () => {
    expect(
      applyAnswer(null, five, [patchTo(at(6), at(7), { open: 7 }, raiseTo(7)), whole(at(8), { open: 8 })], context),
    ).toMatchObject({
      state: { version: at(5) },
      resync: 'a patch that does not fit',
    })
  })
  test('of a state: with nothing to apply them to, a whole document is enough', () => {
    expect(applyAnswer(null, null, [five], context).state).toMatchObject({ data: { open: 5 } })
    expect(applyAnswer(after(five), 'upToDate', [patchTo(at(5), at(6), { open: 6 }, raiseTo(6))], context).state).toMatchObject({
      data: { open: 6 },
    })
  })
  test('of a list: the last of them, or the answer, says what the whole is', () => {
    const answer = list([put('a', 3), put('b', 2)])
    const contained = [keyed([put('a', 2)], { put: [put('a', 2)] }), keyed([put('a', 3)], { put: [put('a', 3)] })]
    expect(applyAnswer(null, answer, contained, context).resync).toBeUndefined()
    const later = keyed([put('a', 3), put('b', 4)], { put: [put('b', 4)] })
    expect(applyAnswer(null, answer, [...contained, later], context)).toMatchObject({ state: { digest: later.digest } })
    expect(applyAnswer(null, answer, [...contained, later], context).resync).toBeUndefined()
    const missing = keyed([put('a', 3), put('b', 4), put('c', 1)], { put: [put('b', 4)] })
    expect(applyAnswer(null, answer, [missing], context).resync).toBe('a digest that does not fit')
  })
  test('of a log: each entry once', () => {
    const { state } = applyAnswer(
      null,
      entries('c3', ['a', 'b', 'c']),
      [entries('c2', ['b']), entries('c4', ['c', 'd'])],
      context,
    )
    expect(state).toMatchObject({ data: [{ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'd' }] })
  })
})

test('`upToDate` confirms what is proven, and takes back what was provisional', () => {
  const state = after(whole(at(5), { open: 5 }), whole(at(5), { open: 50 }, { provisional: true }))
  expect(isProvisional(state)).toBe(true)
  const { state: settled } = applyAnswer(state, 'upToDate', [], context)
  expect(settled).toMatchObject({ data: { open: 5 } })
  expect(isProvisional(settled)).toBe(false)
  const items = after(list([put('a', 1)]), keyed([], { put: [put('a', 2)], provisional: true }))
  expect(isProvisional(items)).toBe(true)
  expect(isProvisional(applyAnswer(items, 'upToDate', [], context).state)).toBe(false)
})

test('a frame of another kind is taken as an answer only', () => {
  const state = after(whole(at(5), { open: 5 }))
  expect(applyFrame(state, keyed([], {}), context)).toEqual({ state, resync: 'a frame of another kind' })
  expect(applyAnswer(state, list([put('a', 1)]), [], context).state).toMatchObject({ kind: 'keyed' })
})

describe('marks', () => {
  test.each<[string, TopicState, unknown]>([
    ['nothing', null, undefined],
    ['a state', after(whole(at(5), 1)), { version: at(5), digest: whole(at(5), 1).digest }],
    ['a state that is provisional from the start', after(whole(at(0, ''), 1, { provisional: true })), undefined],
    [
      'a state with something provisional over it',
      after(whole(at(5), 1), whole(at(5), 2, { provisional: true })),
      { version: at(5), digest: whole(at(5), 1).digest },
    ],
    ['a list', after(list([put('a', 1)])), { digest: list([put('a', 1)]).digest }],
    ['a list of which pages are missing', after(list([put('a', 1)], { next: 'p' })), undefined],
    ['a log', after(entries('c7', ['a'])), { cursor: 'c7' }],
    ['a log that is provisional from the start', after(entries('c7', ['a'], { provisional: true })), undefined],
  ])('of %s', (_, state, mark) => {
    expect(toMark(state)).toEqual(mark)
  })
})

test.each<[string, TopicState]>([
  ['a state', after(whole(at(5), { open: 5 }), whole(at(5), { open: 50 }, { provisional: true }))],
  ['a list', after(list([put('a', 1), put('b', 1)]), keyed([put('b', 1)], { drop: [['a', at(2)]] }))],
  ['a log', after(entries('c1', ['a', 'b'], { dropped: 2 }))],
])('%s survives as one frame', (_, state) => {
  const frame = toFrame(state, 't')
  const restored = applyFrame(null, JSON.parse(JSON.stringify(frame)), context)
  expect(restored.resync).toBeUndefined()
  expect(toMark(restored.state)).toEqual(toMark(state))
})
