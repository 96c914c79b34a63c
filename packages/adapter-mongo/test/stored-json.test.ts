import { deserialize, serialize } from 'bson'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromStoredJson, fromStoredText, toStoredJson, toStoredText } from '../src/stored-json.ts'

/** As a server would give it back. */
const throughBson = (text: string): string => fromStoredJson(deserialize(serialize(toStoredJson(text))))

test('any JSON comes back from BSON as the very characters', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), (text) => {
      expect(throughBson(text)).toBe(text)
    }),
    {
      numRuns: 1_000,
      examples: [['-0'], ['1e400'], ['{"__proto__":1}'], ['"\ud800"'], ['{"a":1,"a":2}'], ['[1.0]'], ['{"10":1,"9":2}']],
    },
  )
})

test('any text comes back, also one that looks like what is escaped', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, isMarked) => {
      const own = isMarked ? `\u0001${text}\ud800` : text
      expect(deserialize(serialize({ text: toStoredText(own) })).text).toBe(toStoredText(own))
      expect(fromStoredText(toStoredText(own))).toBe(own)
    }),
  )
})

test('a canonical document is stored as itself alone, for other tools and as small as it is', () => {
  expect(toStoredJson('{"open":1,"name":"Zürich","tags":[true,null,1.5]}')).toEqual({
    data: { open: 1, name: 'Zürich', tags: [true, null, 1.5] },
  })
})

test('what the document alone would change is stored as text beside it', () => {
  expect(toStoredJson('{ "open": 1.0 }')).toEqual({ data: { open: 1 }, text: '{ "open": 1.0 }' })
})

test.each(['{"$set":1}', '{"a":{"b.c":1}}', '{"":1}', '{"a\\u0000":1}', '{"__proto__":1}', '["\\ud800"]', '[-0]', '[1e400]'])(
  'what the engine may not hold is stored as text alone: %s',
  (text) => {
    expect(toStoredJson(text)).toEqual({ text })
  },
)

test('too deep or too large is stored as text alone', () => {
  const deep = `${'['.repeat(90)}${']'.repeat(90)}`
  expect(toStoredJson(deep)).toEqual({ text: deep })
  const large = JSON.stringify('x'.repeat(4_000_001))
  expect(Object.keys(toStoredJson(large))).toEqual(['text'])
})
