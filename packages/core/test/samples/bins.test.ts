import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addToBin, type Bins, emptyBins, MAX_BINS, mergeBins } from '../../src/samples/bins.ts'

const binsOf = (pairs: readonly (readonly [place: number, count: number])[]): Bins => {
  const bins = emptyBins()
  for (const [place, count] of pairs) addToBin(bins, place, count)
  return bins
}

const pairs = fc.array(fc.tuple(fc.integer({ min: -40, max: 40 }), fc.integer({ min: 1, max: 9 })), { maxLength: 60 })

test('counts are kept by place, in order, whatever order and grouping they come in', () => {
  fc.assert(
    fc.property(pairs, pairs, (first, second) => {
      const sums = new Map<number, number>()
      for (const [place, count] of [...first, ...second]) sums.set(place, (sums.get(place) ?? 0) + count)
      const places = [...sums.keys()].sort((a, b) => a - b)
      const expected = { places, counts: places.map((place) => sums.get(place)) }
      const merged = binsOf(first)
      const other = binsOf(second)
      const before = structuredClone(other)
      mergeBins(merged, other)
      expect(merged).toEqual(expected)
      expect(other).toEqual(before)
      expect(binsOf([...second, ...first])).toEqual(expected)
    }),
  )
})

test('beyond the most bins the smallest share one, and no count is lost', () => {
  const even = Array.from({ length: MAX_BINS }, (_, index) => [index * 2, 1] as const)
  const odd = even.map(([place]) => [place + 1, 2] as const)
  const merged = binsOf(even)
  mergeBins(merged, binsOf(odd))
  const added = binsOf([...even, ...odd])
  for (const { places, counts } of [merged, added]) {
    expect(places.length).toBeLessThanOrEqual(MAX_BINS)
    expect(counts).toHaveLength(places.length)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3 * MAX_BINS)
    expect(places.toSorted((a, b) => a - b)).toEqual(places)
    expect(places.at(-1)).toBe(2 * MAX_BINS - 1)
    expect(counts.at(-1)).toBe(2)
  }
})
