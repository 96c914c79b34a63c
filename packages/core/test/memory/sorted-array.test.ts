import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SortedArray } from '../../src/memory/sorted-array.ts'

interface Item {
  readonly key: number
  readonly name: string
}

const byKey = (a: Pick<Item, 'key'>, b: Pick<Item, 'key'>): number => a.key - b.key

test('is a map by key, in order, whatever is put and deleted', () => {
  const command = fc.record({ kind: fc.constantFrom('put', 'put', 'put', 'delete'), key: fc.nat({ max: 30 }), name: fc.string() })
  fc.assert(
    fc.property(fc.array(command, { maxLength: 200 }), (commands) => {
      const sorted = new SortedArray<Item>(byKey)
      const model = new Map<number, Item>()
      for (const { kind, key, name } of commands) {
        if (kind === 'put') {
          sorted.put({ key, name })
          model.set(key, { key, name })
        } else {
          sorted.delete({ key, name })
          model.delete(key)
        }
      }
      expect(sorted.items).toEqual([...model.values()].sort(byKey))
      for (let key = 0; key <= 30; key++) {
        const probe = { key, name: '' }
        expect(sorted.find(probe)).toEqual(model.get(key))
        expect(sorted.lowerBound(probe)).toBe(sorted.items.filter((item) => item.key < key).length)
        expect(sorted.upperBound(probe)).toBe(sorted.items.filter((item) => item.key <= key).length)
      }
    }),
  )
})
