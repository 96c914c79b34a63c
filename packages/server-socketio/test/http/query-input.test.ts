import { expect, test } from 'vitest'
import { z } from 'zod'
import { toJsonSchema } from '../../src/http/json-schema.ts'
import { fromQuery } from '../../src/http/query-input.ts'

const schema = toJsonSchema(
  z.object({
    text: z.string(),
    count: z.number(),
    whole: z.int(),
    flag: z.boolean(),
    either: z.union([z.string(), z.number()]),
    maybe: z.number().nullable(),
    list: z.array(z.number()),
    choice: z.enum(['a', '1']),
    literal: z.literal(5),
    inner: z.object({ at: z.number(), name: z.string() }),
    anything: z.unknown(),
  }),
  'input',
)
const read = (query: string): unknown => fromQuery(new URLSearchParams(query), schema)

test.each([
  ['text=5', { text: '5' }],
  ['count=5', { count: 5 }],
  ['count=-1.5e3', { count: -1500 }],
  ['count=', { count: '' }],
  ['count=0x10', { count: '0x10' }],
  ['count= 5', { count: ' 5' }],
  ['count=Infinity', { count: 'Infinity' }],
  ['count=1&count=2', { count: ['1', '2'] }],
  ['whole=5.5', { whole: 5.5 }],
  ['flag=true', { flag: true }],
  ['flag=1', { flag: '1' }],
  ['either=5', { either: '5' }],
  ['maybe=null', { maybe: null }],
  ['maybe=3', { maybe: 3 }],
  ['list=1', { list: [1] }],
  ['list=1&list=2', { list: [1, 2] }],
  ['list=[1,2]', { list: [1, 2] }],
  ['list=["x"]', { list: ['x'] }],
  ['list=[]', { list: [] }],
  ['list=[1', { list: ['[1'] }],
  ['list=[[1]]', { list: ['[[1]]'] }],
  ['list=[{"__proto__":1}]', { list: ['[{"__proto__":1}]'] }],
  ['list=[1]&list=2', { list: ['[1]', 2] }],
  ['text=[1]', { text: '[1]' }],
  ['choice=1', { choice: '1' }],
  ['literal=5', { literal: 5 }],
  ['inner[at]=1&inner[name]=2', { inner: { at: 1, name: '2' } }],
  ['anything=5', { anything: '5' }],
  ['unknown=5', { unknown: '5' }],
  ['constructor=1&toString[a]=2', { constructor: '1', toString: { a: '2' } }],
])('%s', (query, input) => {
  expect(read(query)).toEqual(input)
})

test('__proto__ becomes a name like any other, for the check that follows', () => {
  const input = read('__proto__[polluted]=1') as object
  expect(Object.hasOwn(input, '__proto__')).toBe(true)
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})
