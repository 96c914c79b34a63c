import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inertJson } from '../../src/driver/inert-json.ts'

test('JSON for a terminal holds nothing that it would follow, and is the same JSON', () => {
  fc.assert(
    fc.property(
      fc.jsonValue({ stringUnit: 'binary' }),
      fc.constantFrom('', 'a\u009b2J\u202e\u2028\u007f\u001b[2J'),
      (value, text) => {
        const json = inertJson(JSON.stringify({ value, text }))
        expect(json).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u)
        expect(json).not.toContain('\n')
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify({ value, text })))
      },
    ),
  )
})
