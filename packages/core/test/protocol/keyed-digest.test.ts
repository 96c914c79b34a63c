import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha1 } from '../../src/changes/digest.ts'
import type { KeyedPut } from '../../src/protocol/frame.ts'
import { itemDigest, keyedDigest, mixDigest } from '../../src/protocol/keyed-digest.ts'
import { jsonValue } from '../changes/support/json-text.ts'

const put = (key: string, revision: number, item: unknown = key, epoch = 'e'): KeyedPut => [key, { epoch, revision }, item]

const digestOf = (puts: readonly KeyedPut[]): string => {
  const digest = keyedDigest()
  for (const one of puts) digest.put(one[0], itemDigest(one, sha1))
  return digest.value()
}

describe('itemDigest', () => {
  it('covers key, epoch, revision and item', () => {
    const digests = [
      put('a', 1, 'x'),
      put('b', 1, 'x'),
      put('a', 2, 'x'),
      put('a', 1, 'y'),
      put('a', 1, 'x', 'f'),
      put('a', 1, ['x']),
    ]
    expect(new Set(digests.map((one) => itemDigest(one, sha1))).size).toBe(digests.length)
  })

  it('does not depend on the order of keys in the item', () => {
    expect(itemDigest(put('a', 1, { x: 1, y: 2 }), sha1)).toBe(itemDigest(put('a', 1, { y: 2, x: 1 }), sha1))
  })
})

describe('keyedDigest', () => {
  it('is that of the list that is left, whatever the way to it', () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c', '__proto__', ''),
      revision: fc.integer({ min: 1, max: 5 }),
      isDrop: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step), fc.integer(), (steps, seed) => {
        const digest = keyedDigest()
        const list = new Map<string, KeyedPut>()
        for (const { key, revision, isDrop } of steps) {
          if (isDrop) {
            digest.drop(key)
            list.delete(key)
          } else {
            digest.put(key, itemDigest(put(key, revision), sha1))
            list.set(key, put(key, revision))
          }
        }
        const shuffled = [...list.values()].sort((a, b) => sha1(`${seed}${a[0]}`).localeCompare(sha1(`${seed}${b[0]}`)))
        expect(digest.value()).toBe(digestOf(shuffled))
      }),
    )
  })

  it('differs between lists that differ', () => {
    const items = fc.uniqueArray(fc.tuple(fc.string({ maxLength: 3 }), fc.integer({ min: 1, max: 3 }), jsonValue()), {
      selector: ([key]) => key,
      maxLength: 6,
    })
    fc.assert(
      fc.property(items, fc.nat(5), (list, at) => {
        const puts = list.map(([key, revision, item]) => put(key, revision, item))
        const whole = digestOf(puts)
        const missing = puts.filter((_, i) => i !== at)
        const stale = puts.map((one, i) => (i === at ? put(one[0], one[1].revision + 1, one[2]) : one))
        expect(digestOf(missing) === whole).toBe(at >= puts.length)
        expect(digestOf(stale) === whole).toBe(at >= puts.length)
      }),
    )
  })

  it('is 32 hex digits, all zeros for an empty list', () => {
    const digest = keyedDigest()
    expect(digest.value()).toBe('0'.repeat(32))
    digest.put('a', itemDigest(put('a', 1), sha1))
    expect(digest.value()).toBe(itemDigest(put('a', 1), sha1).slice(0, 32))
    digest.clear()
    expect(digest.value()).toBe('0'.repeat(32))
    digest.put('a', `${'0'.repeat(31)}1${'f'.repeat(8)}`)
    expect(digest.value()).toBe(`${'0'.repeat(31)}1`)
  })

  it('forgets nothing of a key that was cleared and put again', () => {
    const digest = keyedDigest()
    digest.put('a', itemDigest(put('a', 1), sha1))
    digest.clear()
    digest.put('a', itemDigest(put('a', 2), sha1))
    expect(digest.value()).toBe(digestOf([put('a', 2)]))
  })
})

describe('mixDigest', () => {
  it('takes out what it put in', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const [list, item] = [sha1(a).slice(0, 32), sha1(b)]
        expect(mixDigest(mixDigest(list, item), item)).toBe(list)
      }),
    )
  })

  it('makes the same digest as the list that counts for itself', () => {
    const puts = [put('a', 1), put('b', 2), put('c', 3)]
    const mixed = puts.reduce((list, one) => mixDigest(list, itemDigest(one, sha1)), '0'.repeat(32))
    expect(mixed).toBe(digestOf(puts))
  })
})
