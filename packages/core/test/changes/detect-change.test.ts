import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Baseline, type Change, detectChange, detectValueChange, rebase } from '../../src/changes/detect-change.ts'
import { compileDetector, type DetectionRules } from '../../src/changes/detector.ts'
import { jsonValue, randomFrom, referenceForm, respell } from './support/json-text.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const sha1Of = (data: string | Uint8Array): string => createHash('sha1').update(data).digest('hex')
const plain = compileDetector()

const changeFrom = (baseline: Baseline | null, text: string, rules: DetectionRules = {}): Change => {
  const found = detectChange(baseline, bytesOf(text), compileDetector(rules))
  if (found.kind !== 'changed') throw new Error(`${text} is ${found.kind}`)
  return found
}

const kindOf = (from: string, to: string, rules: DetectionRules = {}): string =>
  detectChange(changeFrom(null, from, rules).baseline, bytesOf(to), compileDetector(rules)).kind

describe('detectChange', () => {
  it('takes a first document as a change, with the hash of its canonical form and all its fields', () => {
    const text = '{"b": 1.0, "a": [true, null]}'
    const change = changeFrom(null, text)
    expect(change.body).toBe(text)
    expect(change.hash).toBe(sha1Of('{"a":[true,null],"b":1}'))
    expect(change.value).toEqual({ a: [true, null], b: 1 })
    expect(change.sections).toEqual(['a', 'b'])
    expect(change.baseline).toEqual({
      version: null,
      rawDigest: sha1Of(text),
      hash: change.hash,
      body: text,
      detector: plain.fingerprint,
      numbers: new Map(),
    })
  })

  it('recognises the same bytes without reading them', () => {
    const bytes = new Uint8Array([0xff, 0xfe, 0x7b])
    const baseline: Baseline = { ...changeFrom(null, '1').baseline, rawDigest: sha1Of(bytes) }
    expect(detectChange(baseline, bytes, plain)).toEqual({ kind: 'same-bytes' })
    expect(() => detectChange(baseline, new Uint8Array([0xff]), plain)).toThrow('UTF-8')
  })

  it('finds no change in another spelling of any document, and knows these bytes from then on', () => {
    fc.assert(
      fc.property(jsonValue(), fc.integer(), fc.integer(), (value, seedA, seedB) => {
        const before = changeFrom(null, respell(value, randomFrom(seedA))).baseline
        const bytes = bytesOf(respell(value, randomFrom(seedB)))
        const found = detectChange(before, bytes, plain)
        if (found.kind === 'same-bytes') return
        expect(found).toEqual({ kind: 'same-content', baseline: { ...before, rawDigest: sha1Of(bytes) } })
        expect(detectChange((found as { baseline: Baseline }).baseline, bytes, plain).kind).toBe('same-bytes')
      }),
    )
  })

  it('finds a change exactly where the canonical forms differ', () => {
    fc.assert(
      fc.property(jsonValue(), jsonValue(), (a, b) => {
        const isSame = referenceForm(a) === referenceForm(b)
        expect(kindOf(JSON.stringify(a), ` ${JSON.stringify(b)}`)).toBe(isSame ? 'same-content' : 'changed')
      }),
    )
  })

  it.each([
    ['key order', '{"a":1,"b":{"c":2,"d":3}}', '{"b":{"d":3,"c":2},"a":1}'],
    ['white space', '{"a":[1,2]}', ' {\n\t"a" : [ 1 , 2 ]\r\n} '],
    ['spelling of numbers', '[1,0,100,1.5]', '[1.0,-0,1e2,15e-1]'],
    ['spelling of strings', '["é/"]', '["\\u00e9\\/"]'],
    ['a byte order mark', '{"a":1}', '\ufeff{"a":1}'],
  ])('takes %s for no change', (_, from, to) => {
    expect(kindOf(from, to)).toBe('same-content')
  })

  it.each([
    ['digits beyond 2^53', '{"id":9007199254740992}', '{"id":9007199254740993}'],
    ['decimals beyond a double', '[0.1]', '[0.10000000000000001]'],
    ['numbers beyond the range of a double', '[1e400]', '[1e401]'],
    ['a type', '{"a":1}', '{"a":"1"}'],
    ['a field that is null', '{"a":null}', '{}'],
    ['order in an array', '[1,2]', '[2,1]'],
    ['a __proto__ field', '{"__proto__":{"a":1}}', '{"__proto__":{"a":2}}'],
    ['an empty key', '{"":1}', '{}'],
  ])('takes %s for a change', (_, from, to) => {
    expect(kindOf(from, to)).toBe('changed')
  })

  it('leaves ignored fields out', () => {
    const rules = { ignore: ['generatedAt', 'hosts[].up'] }
    expect(kindOf('{"generatedAt":1,"hosts":[{"up":1}]}', '{"hosts":[{"up":2}],"generatedAt":2}', rules)).toBe('same-content')
    expect(kindOf('{"generatedAt":1,"hosts":[{"up":1}]}', '{"hosts":[{"up":2},{}]}', rules)).toBe('changed')
  })

  it('drops the byte order mark from the body', () => {
    expect(changeFrom(null, '\ufeff[1]').body).toBe('[1]')
  })

  it('carries the version it compared with', () => {
    const version = { epoch: 'e', revision: 7 }
    const baseline = { ...changeFrom(null, '[1]').baseline, version }
    expect(changeFrom(baseline, '[2]').baseline.version).toEqual(version)
    expect(detectChange(baseline, bytesOf('[1 ]'), plain)).toMatchObject({ kind: 'same-content', baseline: { version } })
  })

  it('compares by the new rules when they changed under way', () => {
    const before = changeFrom(null, '{"a":1,"at":1}').baseline
    const ignoring = compileDetector({ ignore: ['at'] })
    const found = detectChange(before, bytesOf('{"a":1,"at":2}'), ignoring)
    expect(found).toMatchObject({ kind: 'same-content', baseline: { detector: ignoring.fingerprint, hash: sha1Of('{"a":1}') } })
    expect(detectChange(before, bytesOf('{"a":2,"at":2}'), ignoring).kind).toBe('changed')
  })

  it('names the fields that changed, by the rules', () => {
    const rules = { ignore: ['at', 'meta.at'], deadband: { load: 1 } }
    const before = changeFrom(null, '{"at":1,"load":5,"meta":{"at":1},"gone":1,"a":{"x":1,"y":2},"b":[1]}', rules).baseline
    const now = '{"at":2,"load":5.5,"meta":{"at":2},"a":{"y":2,"x":1},"b":[1,2],"new":null}'
    expect(changeFrom(before, now, rules).sections).toEqual(['b', 'gone', 'new'])
    expect(changeFrom(before, '[1]', rules).sections).toEqual(['a', 'b', 'gone', 'load', 'meta'])
  })

  it.each([
    ['is not UTF-8', new Uint8Array([0x22, 0x61, 0xe4, 0x22]), 'not valid UTF-8 at byte 3'],
    ['ends within a character', new Uint8Array([0x22, 0xe2, 0x82]), 'not valid UTF-8 at byte 3'],
    ['is an overlong form', new Uint8Array([0x22, 0xc0, 0xaf, 0x22]), 'not valid UTF-8 at byte 1'],
    ['is a surrogate in UTF-8', new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]), 'not valid UTF-8 at byte'],
    ['is empty', new Uint8Array(), 'not valid JSON at line 1, column 1: expected a value'],
    ['is not JSON', bytesOf('<html>'), 'not valid JSON at line 1, column 1: expected a value'],
    ['is nested 200,000 levels deep', bytesOf('['.repeat(200_000) + ']'.repeat(200_000)), 'nested deeper than 200 levels'],
  ])('refuses what %s', (_, bytes, message) => {
    for (const baseline of [null, changeFrom(null, '[1]').baseline]) {
      expect(() => detectChange(baseline, bytes, plain)).toThrow(
        expect.objectContaining({ code: 'BAD_DOCUMENT', message: expect.stringContaining(message) }),
      )
    }
  })

  it('says where any broken UTF-8 begins to break', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.constantFrom('é', '漢', '😀')),
        fc.constantFrom([0xff], [0xc3, 0x28], [0x80], [0xf0, 0x9f, 0x41]),
        fc.string(),
        (head, broken, tail) => {
          const before = bytesOf(JSON.stringify(head))
          const bytes = new Uint8Array([...before, ...broken, ...bytesOf(tail)])
          const at = before.length + (broken.length === 1 ? 0 : broken.length - 1)
          expect(() => detectChange(null, bytes, plain)).toThrow(`not valid UTF-8 at byte ${at}.`)
        },
      ),
    )
  })
})

describe('a deadband', () => {
  const rules: DetectionRules = { deadband: { load: 0.5, 'hosts.*.heap': { percent: 10 } } }

  it.each([
    ['within the distance', '{"load":1}', '{"load":1.4}', 'same-content'],
    ['at its edge', '{"load":0.3}', '{"load":0.8}', 'same-content'],
    ['beyond it', '{"load":1}', '{"load":1.51}', 'changed'],
    ['below it', '{"load":1}', '{"load":0.4}', 'changed'],
    ['within the percentage', '{"hosts":[{"heap":200}]}', '{"hosts":[{"heap":180}]}', 'same-content'],
    ['beyond the percentage', '{"hosts":[{"heap":200}]}', '{"hosts":[{"heap":221}]}', 'changed'],
    ['at another place', '{"hosts":[{"heap":200},{"heap":1}]}', '{"hosts":[{"heap":1},{"heap":200}]}', 'changed'],
    ['beside another change', '{"load":1,"a":1}', '{"load":1.1,"a":2}', 'changed'],
    ['where the field is no number any more', '{"load":1}', '{"load":"1"}', 'changed'],
    ['where the field is gone', '{"load":1}', '{}', 'changed'],
    ['where the field is new', '{}', '{"load":0}', 'changed'],
    ['on a field that is no number', '{"load":[1]}', '{"load":[1.1]}', 'changed'],
    ['of a percentage around zero', '{"hosts":{"a":{"heap":0}}}', '{"hosts":{"a":{"heap":0.001}}}', 'changed'],
    [
      'on numbers beyond a double',
      '{"hosts":[{"heap":12345678901234567890}]}',
      '{"hosts":[{"heap":12345678901234567891}]}',
      'same-content',
    ],
    ['on another spelling', '{"load":1.00}', '{"load":1e0}', 'same-content'],
  ])('%s', (_, from, to, kind) => {
    expect(kindOf(from, to, rules)).toBe(kind)
  })

  it('lets a slow drift add up: the stored number stays the measure', () => {
    const detector = compileDetector(rules)
    let baseline = changeFrom(null, '{"load":1}', rules).baseline
    const kinds = [1.2, 1.4, 1.5, 1.6, 1.8, 2.0, 2.2].map((load) => {
      const found = detectChange(baseline, bytesOf(JSON.stringify({ load })), detector)
      if (found.kind !== 'same-bytes') baseline = found.baseline
      return found.kind
    })
    expect(kinds).toEqual(['same-content', 'same-content', 'same-content', 'changed', 'same-content', 'same-content', 'changed'])
  })

  it('never bends what is stored', () => {
    const before = changeFrom(null, '{"load":1,"a":1}', rules).baseline
    const change = changeFrom(before, '{"load":1.1,"a":2}', rules)
    expect(change.hash).toBe(sha1Of('{"a":2,"load":1.1}'))
    expect(detectChange(change.baseline, bytesOf('{"a":2,"load":1.6}'), compileDetector(rules)).kind).toBe('same-content')
  })

  it('tells keys with slashes from keys in keys', () => {
    const banded: DetectionRules = { deadband: { '**.n': 1 } }
    expect(kindOf('{"a/b":{"n":1},"a":{"b":{"n":50}}}', '{"a/b":{"n":1.5},"a":{"b":{"n":50.5}}}', banded)).toBe('same-content')
    expect(kindOf('{"a/b":{"n":1},"a":{"b":{"n":50}}}', '{"a/b":{"n":50},"a":{"b":{"n":1}}}', banded)).toBe('changed')
  })

  it('agrees with the plain comparison of two numbers', () => {
    const band = fc.integer({ min: 0, max: 1_000 })
    fc.assert(
      fc.property(band, fc.integer({ min: -1_000, max: 1_000 }), fc.integer({ min: -1_000, max: 1_000 }), (size, stored, now) => {
        const isClose = Math.abs(now - stored) <= size
        expect(kindOf(`[${stored}]`, ` [${now}]`, { deadband: { '*': size } })).toBe(isClose ? 'same-content' : 'changed')
        const isNear = Math.abs(now - stored) * 100 <= Math.abs(stored) * size
        expect(kindOf(`[${stored}]`, ` [${now}]`, { deadband: { '*': { percent: size } } })).toBe(
          isNear ? 'same-content' : 'changed',
        )
      }),
    )
  })
})

describe('detectValueChange', () => {
  it('judges a value as the document it would be', () => {
    const first = detectValueChange(null, { b: 1, a: new Date(0), c: undefined, d: Number.NaN }, plain) as Change
    expect(first.body).toBe('{"b":1,"a":"1970-01-01T00:00:00.000Z","d":null}')
    expect(first.sections).toEqual(['a', 'b', 'd'])
    expect(detectValueChange(first.baseline, { b: 1, a: new Date(0), d: null }, plain).kind).toBe('same-bytes')
    expect(detectValueChange(first.baseline, { a: new Date(0), d: null, b: 1 }, plain).kind).toBe('same-content')
    expect(detectValueChange(first.baseline, { b: 2 }, plain).kind).toBe('changed')
    expect(detectChange(first.baseline, bytesOf(first.body), plain).kind).toBe('same-bytes')
  })

  it('refuses what has no JSON', () => {
    const cycle: unknown[] = []
    cycle.push(cycle)
    let deep: unknown = 1
    for (let i = 0; i < 200_000; i++) deep = [deep]
    for (const value of [undefined, Symbol('x'), () => 1, 1n, cycle, deep]) {
      expect(() => detectValueChange(null, value, plain)).toThrow(expect.objectContaining({ code: 'BAD_DOCUMENT' }))
    }
  })
})

describe('rebase', () => {
  const version = { epoch: 'e', revision: 3 }
  const rules: DetectionRules = { ignore: ['at'], deadband: { load: 1 } }
  const detector = compileDetector(rules)
  const stored = (body: string, by = detector) => ({
    version,
    body,
    hash: (detectChange(null, bytesOf(body), by) as Change).hash,
    detector: by.fingerprint,
  })

  it('gives back the baseline that was lost with the process', () => {
    fc.assert(
      fc.property(jsonValue(), fc.integer(), (value, seed) => {
        const change = changeFrom(null, respell(value, randomFrom(seed)), rules)
        const { body, hash } = change
        expect(rebase({ version, body, hash, detector: detector.fingerprint }, detector)).toEqual({ ...change.baseline, version })
      }),
    )
  })

  it('knows the stored bytes at the first poll', () => {
    expect(detectChange(rebase(stored('{"at":1,"b":"é"}'), detector), bytesOf('{"at":1,"b":"é"}'), detector).kind).toBe(
      'same-bytes',
    )
  })

  it('still measures by the stored numbers', () => {
    const baseline = rebase(stored('{"load":5}'), detector)
    expect(detectChange(baseline, bytesOf('{"load":6}'), detector).kind).toBe('same-content')
    expect(detectChange(baseline, bytesOf('{"load":6.1}'), detector).kind).toBe('changed')
  })

  it('makes no change of an upgrade: what other rules hashed is hashed again', () => {
    const baseline = rebase(stored('{"at":1,"b":1}', plain), detector)
    expect(baseline).toMatchObject({ version, detector: detector.fingerprint, hash: sha1Of('{"b":1}') })
    expect(detectChange(baseline, bytesOf('{"b":1,"at":2}'), detector).kind).toBe('same-content')
    const foreign = rebase({ version, body: '{"b":1}', hash: 'another algorithm', detector: '' }, detector)
    expect(detectChange(foreign, bytesOf('{"b":1.0}'), detector).kind).toBe('same-content')
  })

  it('takes the next good document for a change where the stored one cannot be read', () => {
    for (const body of ['', '{', '['.repeat(300) + ']'.repeat(300)]) {
      const baseline = rebase({ version, body, hash: 'h', detector: 'older' }, detector)
      const found = detectChange(baseline, bytesOf('{"a":1}'), detector)
      expect(found).toMatchObject({ kind: 'changed', baseline: { version } })
      expect((found as Change).sections).toEqual(['a'])
    }
  })
})
