import type { KeyedDrop, KeyedFrame, KeyedPut } from '@sightline/core/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyKeyed, emptyKeyed, type KeyedTopic, settleKeyed } from '../../src/topics/keyed-topic.ts'
import { at, context, keyed, list, listDigest } from '../support/frames.ts'

const put = (key: string, revision: number, epoch = 'e1'): KeyedPut => [key, at(revision, epoch), { key, revision, tags: ['x'] }]
const items = [put('a', 1), put('b', 5), put('c', 3)]
const known = applyKeyed(emptyKeyed, list(items), context).state
const answer = { ...context, isAnswer: true }

const keysOf = (state: KeyedTopic) =>
  (state.data as readonly { key: string; revision: number }[]).map((item) => `${item.key}${item.revision}`)

interface Case {
  readonly frame: KeyedFrame
  readonly shown: readonly string[]
  readonly isResync?: true
}

const cases: Record<string, Case> = {
  'a put of a new key': { frame: keyed([...items, put('aa', 1)], { put: [put('aa', 1)] }), shown: ['a1', 'aa1', 'b5', 'c3'] },
  'a put of a newer item': {
    frame: keyed([put('a', 1), put('b', 6), put('c', 3)], { put: [put('b', 6)] }),
    shown: ['a1', 'b6', 'c3'],
  },
  'a put of the same item again': { frame: keyed(items, { put: [put('b', 5)] }), shown: ['a1', 'b5', 'c3'] },
  'a put of an older item': { frame: keyed(items, { put: [put('b', 4)] }), shown: ['a1', 'b5', 'c3'] },
  'a put of an item of another epoch': {
    frame: keyed([put('a', 1), put('b', 1, 'e2'), put('c', 3)], { put: [put('b', 1, 'e2')] }),
    shown: ['a1', 'b1', 'c3'],
  },
  'another content under the same version': {
    frame: keyed([put('a', 1), ['b', at(5), { key: 'b', revision: 50 }], put('c', 3)], {
      put: [['b', at(5), { key: 'b', revision: 50 }]],
    }),
    shown: ['a1', 'b5', 'c3'],
    isResync: true,
  },
  'a drop': { frame: keyed([put('a', 1), put('c', 3)], { drop: [['b', at(6)]] }), shown: ['a1', 'c3'] },
  'a drop of an older item': { frame: keyed(items, { drop: [['b', at(4)]] }), shown: ['a1', 'b5', 'c3'] },
  'a drop of an unknown key': { frame: keyed(items, { drop: [['z', at(4)]] }), shown: ['a1', 'b5', 'c3'] },
  'a drop of another epoch': { frame: keyed([put('a', 1), put('c', 3)], { drop: [['b', at(2, 'e2')]] }), shown: ['a1', 'c3'] },
  'nothing but a digest that fits': { frame: keyed(items), shown: ['a1', 'b5', 'c3'] },
  'nothing but a digest that does not fit': { frame: keyed([put('a', 1)]), shown: ['a1', 'b5', 'c3'], isResync: true },
  'a put that leaves out another': {
    frame: keyed([put('a', 2), put('b', 6), put('c', 3)], { put: [put('a', 2)] }),
    shown: ['a2', 'b5', 'c3'],
    isResync: true,
  },
  'the whole': { frame: list([put('c', 1), put('a', 1)]), shown: ['a1', 'c1'] },
  'the whole, empty': { frame: list([]), shown: [] },
  'the whole, with a digest that does not fit': {
    frame: { ...list([put('a', 1)]), digest: listDigest([put('a', 2)]) },
    shown: ['a1'],
    isResync: true,
  },
}

test.each(Object.entries(cases))('%s', (_, { frame, shown, isResync }) => {
  const digest = known.digest
  const { state, resync } = applyKeyed(known, frame, context)
  expect(keysOf(state)).toEqual(shown)
  expect(resync !== undefined).toBe(isResync === true)
  if (!isResync) expect(state.digest).toBe(frame.digest)
  expect({ shown: keysOf(known), digest: known.digest }).toEqual({ shown: ['a1', 'b5', 'c3'], digest })
})

describe('dropped keys', () => {
  const dropped = applyKeyed(known, keyed([put('a', 1), put('c', 3)], { drop: [['b', at(6)]] }), context).state

  test('stay dropped when a put from before comes late', () => {
    expect(keysOf(applyKeyed(dropped, keyed([put('a', 1), put('c', 3)], { put: [put('b', 5)] }), context).state)).toEqual([
      'a1',
      'c3',
    ])
  })
  test('come back with a later version, or another epoch', () => {
    for (const back of [put('b', 7), put('b', 1, 'e2')]) {
      const { state, resync } = applyKeyed(dropped, keyed([put('a', 1), back, put('c', 3)], { put: [back] }), context)
      expect(state.items.has('b')).toBe(true)
      expect(resync).toBeUndefined()
    }
  })
  test('are forgotten with a reset', () => {
    expect(applyKeyed(dropped, list([put('b', 1)]), context).state.drops.size).toBe(0)
  })
  test('are remembered up to a bound, the latest first', () => {
    const drops = Array.from({ length: 10_050 }, (_, i): KeyedDrop => [`k${i}`, at(1)])
    const { state } = applyKeyed(known, keyed(items, { drop: drops }), context)
    expect(state.drops.size).toBe(10_000)
    expect(state.drops.has('k10049')).toBe(true)
    expect(state.drops.has('k0')).toBe(false)
  })
})

describe('pages', () => {
  const first = applyKeyed(known, list([put('a', 9)], { next: 'page 2', digest: 'of nothing yet' }), context)

  test('what was shown stays until the list is whole', () => {
    expect(first.resync).toBeUndefined()
    expect(first.state.next).toBe('page 2')
    expect(keysOf(first.state)).toEqual(['a1', 'b5', 'c3'])
  })
  test('news between pages is applied by version, and proves nothing yet', () => {
    const live = applyKeyed(first.state, keyed([put('zz', 9)], { put: [put('b', 8)] }), context)
    expect(live).toMatchObject({ state: { next: 'page 2' } })
    const last = applyKeyed(live.state, keyed([put('a', 9), put('b', 8)], { put: [put('b', 7)] }), answer)
    expect(last.resync).toBeUndefined()
    expect(last.state.next).toBeNull()
    expect(keysOf(last.state)).toEqual(['a9', 'b8'])
  })
  test('the last page proves the whole', () => {
    const last = applyKeyed(first.state, keyed([put('a', 9), put('x', 1)], { put: [put('b', 7)] }), answer)
    expect(last.resync).toBe('a digest that does not fit')
  })
})

describe('provisional items', () => {
  const shown = applyKeyed(
    known,
    keyed([], { put: [put('b', 5), ['n', at(0, ''), { key: 'n', revision: 0 }]], drop: [['c', at(3)]], provisional: true }),
    context,
  ).state

  test('are shown, and move no mark', () => {
    expect(keysOf(shown)).toEqual(['a1', 'b5', 'n0'])
    expect(shown.digest).toBe(known.digest)
  })
  test('give way key by key, and altogether when the list is confirmed', () => {
    expect(
      keysOf(applyKeyed(shown, keyed([put('a', 1), put('b', 5), put('c', 4)], { put: [put('c', 4)] }), context).state),
    ).toEqual(['a1', 'b5', 'c4', 'n0'])
    expect(keysOf(settleKeyed(shown))).toEqual(['a1', 'b5', 'c3'])
    expect(keysOf(applyKeyed(shown, list(items), context).state)).toEqual(['a1', 'b5', 'c3'])
  })
  test('of an older version are left alone', () => {
    expect(
      keysOf(applyKeyed(known, keyed([], { put: [put('b', 4)], drop: [['c', at(2)]], provisional: true }), context).state),
    ).toEqual(['a1', 'b5', 'c3'])
  })
  test('as the whole take the place of everything', () => {
    expect(keysOf(applyKeyed(known, list([put('b', 6)], { provisional: true }), context).state)).toEqual(['b6'])
  })
})

describe('identity', () => {
  test('items that a frame does not touch stay the same objects', () => {
    const { state } = applyKeyed(known, keyed([put('a', 2), put('b', 5), put('c', 3)], { put: [put('a', 2)] }), context)
    expect(state.data?.[1]).toBe(known.data?.[1])
    const tagsOf = ({ data = [] }: KeyedTopic) => (data[0] as { tags: unknown }).tags
    expect(tagsOf(state)).toBe(tagsOf(known))
  })
  test('the whole with the same content is the same list', () => {
    expect(applyKeyed(known, list(structuredClone(items)), context).state.data).toBe(known.data)
  })
})

test('whatever order puts and drops arrive in: a list whose digest fits is the very list the server has', () => {
  const change = fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd'),
    isDrop: fc.boolean(),
    isLost: fc.boolean(),
    delay: fc.nat(3),
  })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      const server = new Map<string, KeyedPut>()
      const sent = changes.map(({ key, isDrop, isLost, delay }, i) => {
        const version = at(i + 1)
        const next: KeyedPut = [key, version, { key, revision: i + 1 }]
        const drops: KeyedDrop[] = isDrop && server.has(key) ? [[key, version]] : []
        if (drops.length > 0) server.delete(key)
        else server.set(key, next)
        const frame = keyed(server.values(), drops.length > 0 ? { drop: drops } : { put: [next] })
        return { frame, isLost, after: [...server.values()], order: i + delay }
      })
      let state = applyKeyed(emptyKeyed, list([]), context).state
      for (const { frame, isLost, after } of [...sent].sort((x, y) => x.order - y.order)) {
        if (isLost) continue
        const applied = applyKeyed(state, frame, context)
        if (applied.resync === undefined) {
          expect(new Map([...applied.state.items].map(([key, { version }]) => [key, version]))).toEqual(
            new Map(after.map(([key, version]) => [key, version])),
          )
        }
        for (const [key, { version }] of applied.state.items) {
          expect(version.revision).toBeGreaterThanOrEqual(state.items.get(key)?.version.revision ?? 0)
        }
        state = applied.state
      }
      const healed = applyKeyed(state, list([...server.values()]), context)
      expect(healed.resync).toBeUndefined()
      expect(healed.state.digest).toBe(listDigest(server.values()))
    }),
    { numRuns: 300 },
  )
})
