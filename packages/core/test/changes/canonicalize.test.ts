import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalForm, canonicalize } from '../../src/changes/canonicalize.ts'
import { compileDetector, type DetectionRules } from '../../src/changes/detector.ts'
import { scanJson } from '../../src/changes/json-scan.ts'
import { fromPairs, jsonValue, randomFrom, referenceForm, respell } from './support/json-text.ts'

const plain = compileDetector()

const formOf = (text: string, rules: DetectionRules = {}): string => {
  const detector = compileDetector(rules)
  return new TextDecoder().decode(canonicalForm({ tape: scanJson(text, detector.maxDepth), detector }).bytes)
}

describe('canonicalize', () => {
  it('writes any value as the reference does, however it was spelled', () => {
    fc.assert(
      fc.property(jsonValue(), fc.integer(), (value, seed) => {
        const text = respell(value, randomFrom(seed))
        expect(formOf(text)).toBe(referenceForm(JSON.parse(text)))
        expect(canonicalize(value, plain)).toBe(referenceForm(JSON.parse(text)))
      }),
      { numRuns: 400 },
    )
  })

  it('leaves its own result as it is', () => {
    fc.assert(
      fc.property(jsonValue(), (value) => {
        const form = canonicalize(value, plain)
        expect(formOf(form)).toBe(form)
      }),
    )
  })

  it('orders keys by UTF-16 code units, also where UTF-8 would order them otherwise, and beyond the size of a small object', () => {
    expect(formOf('{"\uffee":1,"😀":2,"é":3,"z":4,"10":5,"9":6,"":7,"Z":8}')).toBe(
      '{"":7,"10":5,"9":6,"Z":8,"z":4,"é":3,"😀":2,"\uffee":1}',
    )
    const many = fromPairs(Array.from({ length: 500 }, (_, i) => [`k${(i * 7919) % 500}`, i]))
    expect(canonicalize(many, plain)).toBe(referenceForm(many))
  })

  it('orders keys by what they say, not by how they are escaped', () => {
    expect(formOf('{"\\u0062":1,"a":2,"c\\n":3,"c":4}')).toBe('{"a":2,"b":1,"c":4,"c\\n":3}')
  })

  // What JSON.parse of V8 13.6 reads as {"f":1,"\\":2} after the first of them.
  it('reads an escaped key of one character for what it is', () => {
    expect(formOf('{"f":1,"\\\\":2}')).toBe('{"\\\\":2,"f":1}')
    expect(formOf('{"f":1,"\\u0062":2}')).toBe('{"b":2,"f":1}')
    expect(formOf('{"f":1,"\\n":2}')).toBe('{"\\n":2,"f":1}')
  })

  it('takes the last of a key that comes twice, as JSON.parse does', () => {
    expect(formOf('{"a":1,"b":2,"a":3}')).toBe('{"a":3,"b":2}')
    expect(formOf('{"a":1,"\\u0061":2}')).toBe('{"a":2}')
  })

  it('keeps __proto__ and its like as ordinary keys', () => {
    expect(formOf('{"constructor":1,"__proto__":{"x":[{"__proto__":2}]}}')).toBe(
      '{"__proto__":{"x":[{"__proto__":2}]},"constructor":1}',
    )
  })

  it('writes lone surrogates as escapes and pairs as they are', () => {
    expect(formOf('["\\ud800","\\ud83d\\ude00","\ud83d\ude00","\udc00"]')).toBe('["\\ud800","😀","😀","\\udc00"]')
  })

  it('spells numbers as JSON.stringify does, and loses no digit of those beyond a double', () => {
    expect(formOf('[1.0,1e0,10E-1,-0,-0.0,0e9,1e21,100000000000000000000,0.000001,0.0000001,1.50]')).toBe(
      '[1,1,1,0,0,0,1e+21,100000000000000000000,0.000001,1e-7,1.5]',
    )
    expect(formOf('[9007199254740993,9007199254740992,0.10000000000000001,1e400,-1e-400]')).toBe(
      '[9007199254740993,9007199254740992,0.10000000000000001,1e+400,-1e-400]',
    )
  })

  it('writes documents that outgrow their text', () => {
    const text = `[${Array.from({ length: 2_000 }, () => '1e20').join()}]`
    expect(formOf(text)).toBe(referenceForm(JSON.parse(text)))
    const wide = JSON.stringify(['漢字かな交じり文'.repeat(200), 'é'.repeat(3_000)])
    expect(formOf(wide)).toBe(wide)
  })

  it('refuses values without JSON', () => {
    const cycle: { self?: unknown } = {}
    cycle.self = cycle
    for (const value of [undefined, () => 1, Symbol('x'), 1n, cycle]) {
      expect(() => canonicalize(value, plain)).toThrow(expect.objectContaining({ code: 'BAD_DOCUMENT' }))
    }
  })
})

describe('ignored fields', () => {
  const document = {
    generatedAt: 1,
    meta: { generatedAt: 2, id: 3 },
    hosts: [
      { name: 'a', up: 4 },
      { name: 'b', up: 5 },
    ],
    'a.b': 6,
    '*': 7,
  }

  it.each<[string, unknown]>([
    ['generatedAt', { ...document, generatedAt: undefined }],
    ['meta.generatedAt', { ...document, meta: { id: 3 } }],
    ['meta', { ...document, meta: undefined }],
    ['meta.*', { ...document, meta: {} }],
    ['hosts.*.up', { ...document, hosts: [{ name: 'a' }, { name: 'b' }] }],
    ['hosts[].up', { ...document, hosts: [{ name: 'a' }, { name: 'b' }] }],
    ['hosts.1.up', { ...document, hosts: [{ name: 'a', up: 4 }, { name: 'b' }] }],
    ['hosts[]', { ...document, hosts: [] }],
    ['**.generatedAt', { ...document, generatedAt: undefined, meta: { id: 3 } }],
    ['meta.**.id', { ...document, meta: { generatedAt: 2 } }],
    ['**.*.up', { ...document, hosts: [{ name: 'a' }, { name: 'b' }] }],
    ['a\\.b', { ...document, 'a.b': undefined }],
    ['\\*', { ...document, '*': undefined }],
    ['missing.field', document],
    ['generatedAt.below', document],
  ])('%s', (path, rest) => {
    expect(canonicalize(document, compileDetector({ ignore: [path] }))).toBe(canonicalize(rest, plain))
  })

  it('finds a field whose key is escaped in the text', () => {
    expect(formOf('{"g\\u0065n":1,"b":2}', { ignore: ['gen'] })).toBe('{"b":2}')
  })

  it('works on a document that is an array', () => {
    expect(formOf('[{"a":1,"b":2},{"b":3}]', { ignore: ['[].b'] })).toBe('[{"a":1},{}]')
  })

  it('keeps __proto__ fields apart', () => {
    expect(formOf('{"__proto__":{"x":1,"y":2}}', { ignore: ['__proto__.x'] })).toBe('{"__proto__":{"y":2}}')
  })

  it('is still counted for depth', () => {
    expect(() => formOf(`{"a":${'['.repeat(200)}${']'.repeat(200)}}`, { ignore: ['a'] })).toThrow('deeper than 200 levels')
  })

  type Step = { readonly key: string } | '*' | '**'
  const matches = (steps: readonly Step[], place: readonly string[]): boolean => {
    const [step, ...rest] = steps
    if (step === undefined) return place.length === 0
    if (step === '**') return matches(rest, place) || (place.length > 0 && matches(steps, place.slice(1)))
    return place.length > 0 && (step === '*' || step.key === place[0]) && matches(rest, place.slice(1))
  }
  const prune = (value: unknown, paths: readonly (readonly Step[])[], place: readonly string[] = []): unknown => {
    const isLeftOut = (key: string) => paths.some((steps) => matches(steps, [...place, key]))
    if (Array.isArray(value)) {
      return value.flatMap((item, i) => (isLeftOut(String(i)) ? [] : [prune(item, paths, [...place, String(i)])]))
    }
    if (typeof value !== 'object' || value === null) return value
    const kept = Object.entries(value).filter(([key]) => !isLeftOut(key))
    return fromPairs(kept.map(([key, field]) => [key, prune(field, paths, [...place, key])]))
  }

  it('are those that a reference matcher finds, for any rules', () => {
    const key = fc.constantFrom('a', 'b', '0', '1', '__proto__')
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.integer({ min: 0, max: 3 }),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.array(fc.tuple(key, tie('tree')), { maxLength: 4 }).map(fromPairs),
      ),
    }))
    const step = fc.oneof(
      key.map((name): Step => ({ key: name })),
      fc.constant<Step>('*'),
    )
    const path = fc
      .tuple(fc.array(step, { maxLength: 2 }), fc.boolean(), fc.array(step, { minLength: 1, maxLength: 3 }))
      .map(([before, isDeep, after]): Step[] => [...before, ...(isDeep ? (['**'] as const) : []), ...after])
    fc.assert(
      fc.property(tree, fc.array(path, { minLength: 1, maxLength: 4 }), (value, paths) => {
        const ignore = paths.map((steps) => steps.map((one) => (typeof one === 'string' ? one : one.key)).join('.'))
        expect(canonicalize(value, compileDetector({ ignore }))).toBe(referenceForm(prune(value, paths)))
      }),
      { numRuns: 1_000 },
    )
  })
})
