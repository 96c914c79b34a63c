import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPointEncoder, fromPointBytes } from '../../src/samples/point-bytes.ts'

/** One for all: what came before must not show. */
const encode = createPointEncoder()

const name = fc.oneof(
  fc.constantFrom(
    'up',
    'latencyMs',
    'statusCode',
    'certificateDays',
    'cpuPercent',
    'logErrorCount',
    '__proto__',
    '\uFEFFup',
    '\uFEFF',
    'constructor',
    '"',
    '\\',
  ),
  fc.string({ unit: 'binary', maxLength: 100 }),
  // Halves of characters too.
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 }).map((units) => String.fromCharCode(...units)),
)
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.integer({ min: -1_000_000, max: 1_000_000 }).map((value) => value / 100),
  fc.constantFrom(0, -0, Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER, 2 ** 40 + 1, 0.1 + 0.2),
)

test('every finite number under every name comes back as it was', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(name, number), { selector: ([each]) => each, maxLength: 20 }), (entries) => {
      const read = new Map(Object.entries(fromPointBytes(encode(Object.fromEntries(entries)))))
      expect(read.size).toBe(entries.length)
      for (const [each, value] of entries) expect(Object.is(read.get(each), value), each).toBe(true)
    }),
    { numRuns: 1_000 },
  )
})

test('a thousand names do, too, long ones among them', () => {
  const values = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`${'n'.repeat(index * 2)}${index}`, index / 3]))
  expect(fromPointBytes(encode(values))).toEqual(values)
})

test('an HTTP check takes few bytes', () => {
  const values = {
    up: 1,
    latencyMs: 33.25,
    statusCode: 200,
    bodyBytes: 1_024,
    firstByteMs: 32.1,
    downloadMs: 1.15,
    certificateDays: 63.2,
  }
  expect(encode(values).length).toBeLessThanOrEqual(17)
})

test('bytes that nobody wrote give numbers or a clear error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        for (const value of Object.values(fromPointBytes(bytes))) expect(Number.isFinite(value)).toBe(true)
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('damaged') })
      }
    }),
    { numRuns: 2_000 },
  )
})
