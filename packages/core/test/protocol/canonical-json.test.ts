import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalize } from '../../src/changes/canonicalize.ts'
import { compileDetector } from '../../src/changes/detector.ts'
import { canonicalJson } from '../../src/protocol/canonical-json.ts'
import { jsonValue, randomFrom, referenceForm, respell } from '../changes/support/json-text.ts'

describe('canonicalJson', () => {
  it('writes any value as the reference and as change detection do', () => {
    const detector = compileDetector()
    fc.assert(
      fc.property(jsonValue(), (value) => {
        expect(canonicalJson(value)).toBe(referenceForm(value))
        expect(canonicalJson(value)).toBe(canonicalize(value, detector))
      }),
      { numRuns: 400 },
    )
  })

  it('is the same for the copy that arrives, in whatever order', () => {
    fc.assert(
      fc.property(jsonValue(), fc.integer(), (value, seed) => {
        expect(canonicalJson(JSON.parse(respell(value, randomFrom(seed))))).toBe(canonicalJson(value))
      }),
    )
  })

  it('leaves out and turns into something else what JSON.stringify does', () => {
    class Money {
      readonly #amount = 5
      toJSON() {
        return { b: this.#amount, a: undefined }
      }
    }
    const value = {
      when: new Date(0),
      nothing: undefined,
      run: () => 1,
      symbol: Symbol('x'),
      list: [undefined, () => 1, Number.NaN, Number.POSITIVE_INFINITY, -0],
      money: new Money(),
      gone: { toJSON: () => undefined },
      inherited: Object.create({ hidden: 1 }),
      map: new Map([[1, 2]]),
    }
    expect(canonicalJson(value)).toBe(referenceForm(JSON.parse(JSON.stringify(value))))
    expect(canonicalJson(undefined)).toBe('null')
    expect(() => canonicalJson({ big: 1n })).toThrow(TypeError)
  })

  // RFC 8785, sections 3.2.2 and 3.2.3.
  it('follows RFC 8785', () => {
    const value = JSON.parse(String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`)
    expect(canonicalJson(value)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    )
    const keys = JSON.parse(String.raw`{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}`)
    expect(canonicalJson(keys).match(/:(\d)/g)?.join('')).toBe(':2:4:6:7:1:5:3')
  })

  it('ends at its depth, not at the end of the stack', () => {
    let deep: unknown = 1
    for (let i = 0; i < 1_000; i++) deep = [deep]
    expect(canonicalJson(deep)).toHaveLength(2_001)
    expect(() => canonicalJson([deep])).toThrow(RangeError)
    expect(() => canonicalJson([[1]], 1)).toThrow(RangeError)
    const cycle: unknown[] = []
    cycle.push(cycle)
    expect(() => canonicalJson(cycle)).toThrow(RangeError)
  })
})
