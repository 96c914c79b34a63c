import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalNumber } from '../../src/changes/canonical-number.ts'

// A decimal as a fraction of integers, so that two can be told apart exactly.
const fractionOf = (literal: string): readonly [numerator: bigint, denominator: bigint] => {
  const [, sign, whole, part = '', power = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal)!
  const digits = BigInt(`${sign}${whole}${part}`)
  const exponent = Number(power) - part.length
  return exponent >= 0 ? [digits * 10n ** BigInt(exponent), 1n] : [digits, 10n ** BigInt(-exponent)]
}

const isSame = (a: string, b: string): boolean => {
  const [[topA, bottomA], [topB, bottomB]] = [fractionOf(a), fractionOf(b)]
  return topA * bottomB === topB * bottomA
}

const literal = fc
  .tuple(
    fc.boolean(),
    fc.oneof(
      fc.constantFrom('0', '1', '10', '100000000000000000000', '1000000000000000000000', '9007199254740993'),
      fc.bigInt({ min: 0n, max: 10n ** 30n }).map(String),
    ),
    fc.option(
      fc.oneof(fc.constantFrom('0', '00', '5', '50', '000000', '0000001', '10000000000000001'), fc.stringMatching(/^\d{1,25}$/)),
      { nil: null },
    ),
    fc.option(fc.integer({ min: -400, max: 400 }), { nil: null }),
  )
  .map(
    ([isNegative, whole, part, power]) =>
      `${isNegative ? '-' : ''}${whole}${part === null ? '' : `.${part}`}${power === null ? '' : `e${power}`}`,
  )

describe('canonicalNumber', () => {
  it('spells every double as JSON.stringify does', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(canonicalNumber(JSON.stringify(value))).toBe(JSON.stringify(value))
      }),
      { numRuns: 5_000 },
    )
  })

  it('spells up to 15 digits as JSON.stringify does, however they came', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }),
        fc.integer({ min: -99, max: 99 }),
        (digits, power) => {
          const value = Number(`${digits}e${power}`)
          expect(canonicalNumber(`${digits}E${power}`)).toBe(JSON.stringify(value))
          expect(canonicalNumber(`${digits}.000e${power}`)).toBe(JSON.stringify(value))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('is JSON, keeps the exact value, and is one spelling for one value', () => {
    fc.assert(
      fc.property(literal, (text) => {
        const spelled = canonicalNumber(text)
        expect(() => JSON.parse(spelled)).not.toThrow()
        expect([text, isSame(spelled, text)]).toEqual([text, true])
        expect(canonicalNumber(spelled)).toBe(spelled)
      }),
      { numRuns: 3_000 },
    )
  })

  it('tells apart exactly what differs', () => {
    fc.assert(
      fc.property(literal, literal, (a, b) => {
        expect([a, b, canonicalNumber(a) === canonicalNumber(b)]).toEqual([a, b, isSame(a, b)])
      }),
      { numRuns: 2_000 },
    )
    expect(canonicalNumber('9007199254740993')).not.toBe(canonicalNumber('9007199254740992'))
    expect(canonicalNumber('1e400')).not.toBe(canonicalNumber('1e401'))
  })

  it('takes endless digits and exponents in its stride', () => {
    const long = '7'.repeat(100_000)
    expect(canonicalNumber(`0.${long}`)).toBe(`0.${long}`)
    expect(canonicalNumber(`1e${long}`)).toBe(`1e${long}`)
    expect(canonicalNumber(`1e${'0'.repeat(1_000)}5`)).toBe('100000')
    expect(canonicalNumber('1e+9007199254740991')).toBe('1e+9007199254740991')
    const zeros = '0'.repeat(500_000)
    expect(canonicalNumber(`1${zeros}1${zeros}`)).toBe(`1.${zeros}1e+1000001`)
    expect(canonicalNumber(`0.${zeros}1`)).toBe('1e-500001')
    expect(canonicalNumber(`-0.000e-${long}`)).toBe('0')
  })
})
