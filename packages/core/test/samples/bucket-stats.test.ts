import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addPoint, type BucketStats, fromBytes, mergeBucket, toBytes } from '../../src/samples/bucket-stats.ts'
import { ByteWriter } from '../../src/samples/byte-writer.ts'
import { toNameSet } from '../../src/samples/name-set.ts'
import { percentilesOf, sumOf, type ValueStats } from '../../src/samples/value-stats.ts'

const bucketOf = (values: readonly number[], name = 'latencyMs'): BucketStats => {
  const stats: BucketStats = new Map()
  for (const value of values) addPoint(stats, { [name]: value })
  return stats
}
const statsOf = (stats: BucketStats, name = 'latencyMs'): ValueStats => stats.get(name) as ValueStats

/** The exact sum, in fractions of 2^-1080, so that nothing is rounded but the end. */
const exactSum = (values: readonly number[]): number => {
  let total = 0n
  const view = new DataView(new ArrayBuffer(8))
  for (const value of values) {
    view.setFloat64(0, value)
    const bits = view.getBigUint64(0)
    const exponent = Number((bits >> 52n) & 2047n)
    const mantissa = (bits & ((1n << 52n) - 1n)) | (exponent === 0 ? 0n : 1n << 52n)
    const scaled = mantissa << BigInt(Math.max(exponent, 1) + 5)
    total += bits >> 63n === 1n ? -scaled : scaled
  }
  // Number() of a BigInt rounds to nearest, ties to even, as long as it stays in the range of numbers.
  const shift = 1080n
  const magnitude = total < 0n ? -total : total
  const digits = BigInt(magnitude.toString(2).length)
  const drop = digits > 64n ? digits - 64n : 0n
  const sticky = drop > 0n && (magnitude & ((1n << drop) - 1n)) !== 0n ? 1n : 0n
  const top = (magnitude >> drop) | sticky
  // In two steps: 2^-1080 alone is no number.
  const half = Number((drop - shift) / 2n)
  const rounded = Number(top) * 2 ** half * 2 ** (Number(drop - shift) - half)
  return total < 0n ? -rounded : rounded
}

const shares = [0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 1]
const expectPercentiles = (stats: ValueStats, values: readonly number[]): void => {
  const sorted = values.toSorted((a, b) => a - b)
  const found = percentilesOf(stats, shares)
  for (const [index, share] of shares.entries()) {
    const exact = sorted[Math.floor(share * (sorted.length - 1))] as number
    expect(Math.abs((found[index] as number) - exact), `${share} of ${values.length}`).toBeLessThanOrEqual(
      Math.abs(exact) * 0.01 + 1e-12,
    )
  }
}
const expectExact = (stats: ValueStats, values: readonly number[]): void => {
  expect(stats.count).toBe(values.length)
  expect(stats.min).toBe(Math.min(...values) + 0)
  expect(stats.max).toBe(Math.max(...values) + 0)
  expect(sumOf(stats)).toBe(exactSum(values))
}

/** Reproducible, so that a failure can be looked at. */
const randoms = (seed: number) => (): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  return (seed + 0.5) / 2 ** 32
}
const many = (make: (random: () => number, index: number) => number): number[] => {
  const random = randoms(7)
  return Array.from({ length: 4_320 }, (_, index) => make(random, index))
}
const normal = (random: () => number): number => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random())

const distributions: Record<string, number[]> = {
  'the same throughout': many(() => 42.31),
  'two far apart': many((_, index) => (index % 100 < 95 ? 0.4 : 30_000)),
  'log-normal': many((random) => Math.exp(3 + 1.2 * normal(random))),
  'pareto, with no mean': many((random) => (1 - random()) ** (-1 / 0.7)),
  'over twelve orders of magnitude': many((random) => 10 ** (12 * random() - 4)),
  'around zero': many((random) => normal(random) * 1e-3),
  'mostly zero': many((random) => (random() < 0.9 ? 0 : random())),
  negative: many((random) => -Math.exp(5 * random())),
  'sums that cancel': many((random, index) => (index % 2 === 0 ? 1e17 : -1e17) + random() * 100),
  'at the borders of bins': many((_, index) => (1.0099 / 0.9901) ** ((index % 400) - 200)),
  'whole numbers': many((_, index) => index),
}

describe.each(Object.entries(distributions))('%s', (_, values) => {
  test('count, sum, least and greatest are exact, percentiles within 1 %, also after being stored', () => {
    const stats = bucketOf(values)
    expectExact(statsOf(stats), values)
    expectPercentiles(statsOf(stats), values)
    const stored = statsOf(fromBytes(toBytes(stats)))
    expectExact(stored, values)
    expectPercentiles(stored, values)
  })

  test('so they are through minutes, hours and a day', () => {
    let level = values.map((value) => bucketOf([value]))
    for (const size of [3, 60, 24]) {
      const next: BucketStats[] = []
      for (let index = 0; index < level.length; index += size) {
        const merged: BucketStats = new Map()
        for (const each of level.slice(index, index + size)) mergeBucket(merged, fromBytes(toBytes(each)))
        next.push(merged)
      }
      level = next
    }
    expect(level).toHaveLength(1)
    expectExact(statsOf(level[0] as BucketStats), values)
    expectPercentiles(statsOf(level[0] as BucketStats), values)
  })
})

const measured = fc.oneof(
  fc.double({ min: -1e9, max: 1e9, noNaN: true }),
  fc.double({ min: -1e300, max: 1e300, noNaN: true }),
  fc.integer({ min: -1_000, max: 1_000 }),
  fc.integer({ min: 0, max: 1_000_000 }).map((n) => n / 100),
)

test('any numbers: exact and within 1 %, stored and read back', () => {
  fc.assert(
    fc.property(fc.array(measured, { minLength: 1, maxLength: 60 }), (values) => {
      const stats = fromBytes(toBytes(bucketOf(values)))
      expectExact(statsOf(stats), values)
      expectPercentiles(statsOf(stats), values)
    }),
    { numRuns: 500 },
  )
})

test('the order and the grouping of merges make no difference', () => {
  const read = (stats: BucketStats): unknown => {
    const { count, min, max } = statsOf(stats)
    return [count, sumOf(statsOf(stats)), min, max, percentilesOf(statsOf(stats), shares)]
  }
  fc.assert(
    fc.property(
      fc.array(fc.array(measured, { minLength: 1, maxLength: 8 }), { minLength: 3, maxLength: 6 }),
      fc.integer({ min: 1, max: 1_000 }),
      (groups, seed) => {
        const inOrder: BucketStats = new Map()
        for (const group of groups) mergeBucket(inOrder, bucketOf(group))
        const random = randoms(seed)
        const shuffled = groups.map((group) => ({ group, key: random() })).sort((a, b) => a.key - b.key)
        const [left, right]: [BucketStats, BucketStats] = [new Map(), new Map()]
        for (const { group } of shuffled) mergeBucket(random() < 0.5 ? left : right, bucketOf(group))
        mergeBucket(right, fromBytes(toBytes(left)))
        expect(read(right)).toEqual(read(inOrder))
      },
    ),
    { numRuns: 300 },
  )
})

test('a value that is merged doubles nothing of the other', () => {
  const one = bucketOf([1, 2, 3])
  const two = bucketOf([4], 'cpuPercent')
  mergeBucket(one, two)
  addPoint(one, { cpuPercent: 5 })
  expect(statsOf(two, 'cpuPercent').count).toBe(1)
  expect(statsOf(one, 'cpuPercent').count).toBe(2)
  expect(statsOf(one).count).toBe(3)
})

test('only the wanted names are read; every name survives', () => {
  const names = ['up', 'latencyMs', '__proto__', 'constructor', 'größe', '💥', 'toString', '=cmd']
  const stats: BucketStats = new Map()
  for (const [index, name] of names.entries()) addPoint(stats, Object.fromEntries([[name, index]]))
  expect([...fromBytes(toBytes(stats)).keys()].sort()).toEqual(names.toSorted())
  expect([...fromBytes(toBytes(stats), new Set(['größe', 'none'])).keys()]).toEqual(['größe'])
})

describe('bytes that nobody wrote', () => {
  const whole = toBytes(
    new Map([...bucketOf(many((random) => normal(random))), ...bucketOf([1, 2, 5], 'cpuPercent'), ...bucketOf([1, 1], 'custom')]),
  )

  test('a newer form is said to be one', () => {
    expect(() => fromBytes(Uint8Array.of(3, 1, 1))).toThrow(expect.objectContaining({ code: 'INCOMPATIBLE' }))
  })

  test('every cut gives an error, or fewer values', () => {
    let refused = 0
    for (let length = 0; length < whole.length; length++) {
      try {
        expect(fromBytes(whole.subarray(0, length)).size).toBeLessThan(3)
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('damaged') })
        refused++
      }
    }
    expect(refused).toBeGreaterThan(whole.length - 5)
  })

  test('more of a value than numbers can sum up is damage', () => {
    const writer = new ByteWriter()
    writer.byte(2)
    writer.bytes(toNameSet(['latencyMs']).bytes)
    writer.whole(Number.MAX_SAFE_INTEGER)
    writer.byte(1)
    writer.number(1e300)
    expect(() => fromBytes(writer.done())).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
  })

  test('any bytes, and any flipped bit, give sane statistics or a clear error, and fast', () => {
    const check = (bytes: Uint8Array): void => {
      try {
        for (const stats of fromBytes(bytes).values()) {
          expect(Number.isSafeInteger(stats.count) && stats.count > 0).toBe(true)
          expect(Number.isFinite(sumOf(stats))).toBe(true)
          for (const each of percentilesOf(stats, shares)) expect(Number.isFinite(each)).toBe(true)
        }
      } catch (thrown) {
        expect(['INTERNAL', 'INCOMPATIBLE']).toContain((thrown as { code?: string }).code)
      }
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const form of [1, 2]) check(Uint8Array.of(form, ...bytes))
      }),
      { numRuns: 2_000 },
    )
    fc.assert(
      fc.property(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 0, max: 7 }), (at, bit) => {
        const damaged = whole.slice()
        damaged[at] = (damaged[at] as number) ^ (1 << bit)
        check(damaged)
      }),
      { numRuns: 1_000 },
    )
  })
})

test('a minute of three checks takes a few bytes, an hour of 180 little more', () => {
  const checks = (count: number): BucketStats => {
    const random = randoms(3)
    const stats: BucketStats = new Map()
    for (let index = 0; index < count; index++) {
      addPoint(stats, { up: 1, latencyMs: Math.round(100 * Math.exp(3.5 + 0.4 * normal(random))) / 100 })
    }
    return stats
  }
  expect(toBytes(checks(3)).length).toBeLessThanOrEqual(24)
  expect(toBytes(checks(180)).length).toBeLessThanOrEqual(120)
})

test('a bucket of the first form is read as what it was', () => {
  const expected: BucketStats = new Map()
  for (let index = 0; index < 12; index++) {
    const custom = index < 3 ? { custom: index / 3 } : {}
    addPoint(expected, { latencyMs: 10.25 + index * index, cpuPercent: -0.5, ...custom, up: index === 0 ? 0 : 1 })
  }
  const stored =
    '010830490006637573746f6d0d07473fd5555555555555473fe5555555555555026a928001d2e80c01d04e000ce00e96323e108e8e8d8b8a8a898000012a001001b0010101001600'
  const read = fromBytes(Uint8Array.from(Buffer.from(stored, 'hex')))
  expect([...read.keys()].sort()).toEqual(['cpuPercent', 'custom', 'latencyMs', 'up'])
  expect(new Map([...read].sort())).toEqual(new Map([...fromBytes(toBytes(expected))].sort()))
  for (const [name, stats] of read) expect(sumOf(stats)).toBe(sumOf(statsOf(expected, name)))
})
