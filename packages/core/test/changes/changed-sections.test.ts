import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changedSections } from '../../src/changes/changed-sections.ts'
import { compileDetector, type DetectionRules } from '../../src/changes/detector.ts'
import { fromPairs, jsonValue, referenceForm } from './support/json-text.ts'

const sections = (before: string | null, after: string, rules: DetectionRules = {}) =>
  changedSections({ before, after, detector: compileDetector(rules) })

describe('changedSections', () => {
  it('names exactly the fields whose canonical form differs', () => {
    const fields = fc
      .array(fc.tuple(fc.constantFrom('a', 'b', '__proto__', '10', '', 'é"'), jsonValue()), { maxLength: 5 })
      .map(fromPairs)
    fc.assert(
      fc.property(fields, fields, (before, after) => {
        const form = (object: Record<string, unknown>, name: string) =>
          Object.hasOwn(object, name) ? referenceForm(object[name]) : null
        const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
        const differing = names.filter((name) => form(before, name) !== form(after, name))
        expect(sections(JSON.stringify(before), JSON.stringify(after))).toEqual(differing)
        expect(sections(null, JSON.stringify(after))).toEqual(Object.keys(after).sort())
      }),
    )
  })

  it('goes by the rules', () => {
    const rules: DetectionRules = { ignore: ['at', 'meta.at'], deadband: { load: 1, 'hosts[].load': 1 } }
    const before = '{"at":1,"load":5,"meta":{"at":1},"hosts":[{"load":1}]}'
    expect(sections(before, '{"hosts":[{"load":2.0}],"at":2,"load":5.5,"meta":{"at":2}}', rules)).toEqual([])
    expect(sections(before, '{"hosts":[{"load":2.1}],"at":2,"load":3,"meta":{"x":2}}', rules)).toEqual(['hosts', 'load', 'meta'])
  })

  it('sees digits beyond a double', () => {
    expect(sections('{"a":9007199254740992,"b":1.0}', '{"a":9007199254740993,"b":1}')).toEqual(['a'])
  })

  it('has no names for what is no object', () => {
    expect(sections('[1]', '[2]')).toEqual([])
    expect(sections('1', '{"a":1}')).toEqual(['a'])
    expect(sections('{"a":1}', 'null')).toEqual(['a'])
  })

  it('refuses a body that is no document', () => {
    expect(() => sections('{', '{}')).toThrow(expect.objectContaining({ code: 'BAD_DOCUMENT' }))
  })
})
