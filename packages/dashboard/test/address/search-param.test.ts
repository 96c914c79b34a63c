import { expect, it } from 'vitest'
import { choiceParam, given, textParam, timeParam } from '../../page/address/search-param.ts'
import { fromLocalTime, toLocalTime } from '../../page/format/local-time.ts'

it('texts stay texts, whatever the router made of them, and have an end', () => {
  expect([12, true, 'a', '', null, {}].map(textParam)).toEqual(['12', 'true', 'a', undefined, undefined, undefined])
  expect(textParam('x'.repeat(900))).toHaveLength(500)
})

it('choices and times are right or not there', () => {
  expect([choiceParam('a', ['a', 'b']), choiceParam('c', ['a', 'b'])]).toEqual(['a', undefined])
  expect([5, '5', -5, 1.5, 'x', null].map(timeParam)).toEqual([5, 5, undefined, undefined, undefined, undefined])
  expect(given({ a: 1, b: undefined })).toEqual({ a: 1 })
})

it('a local time is the reader’s own, to the second, and back', () => {
  const at = new Date(2026, 1, 3, 4, 5, 6).getTime()
  expect(toLocalTime(at)).toBe('2026-02-03T04:05:06')
  expect(fromLocalTime(toLocalTime(at))).toBe(at)
  expect(fromLocalTime('soon')).toBeUndefined()
})
