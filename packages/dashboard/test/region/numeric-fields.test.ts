import { expect, it } from 'vitest'
import { chooseField, listNumericFields } from '../../page/region/numeric-fields.ts'

it("lists the document's numbers in its order", () => {
  expect(listNumericFields({ pid: 1, name: 'x', load: { one: 2, hosts: [{ n: 3 }] }, none: null })).toEqual([
    '/pid',
    '/load/one',
    '/load/hosts/0/n',
  ])
  expect(listNumericFields(5)).toEqual([''])
  expect(listNumericFields(Array.from({ length: 10_000 }, (_, i) => i))).toHaveLength(500)
})

it.each([
  [['/pid', '/memory/rss', '/process/cpuPercent'], '/process/cpuPercent'],
  [['/version', '/depth'], '/depth'],
  [['/pid'], '/pid'],
  [[], null],
])('of %j it begins with %s', (fields, chosen) => {
  expect(chooseField(fields)).toBe(chosen)
})
