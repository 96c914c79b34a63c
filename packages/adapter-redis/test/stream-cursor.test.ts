import { describe, expect, test } from 'vitest'
import { detectGap, isBehind, parseStreamId, streamStart, toStreamId } from '../src/stream-cursor.ts'

const at = (generation: string, number: number) => ({ generation, number })

describe('detectGap', () => {
  test.each([
    ['the next of the same generation', at('7', 3), at('7', 4), false],
    ['one is missing', at('7', 3), at('7', 5), true],
    ['the first of a stream that was not there', streamStart, at('7', 0), false],
    ['a stream that began and was cut before it was met', streamStart, at('7', 12), true],
    ['another generation', at('7', 3), at('8', 0), true],
  ])('%s', (_what, last, next, isGap) => {
    expect(detectGap(last, next) !== null).toBe(isGap)
  })
})

describe('isBehind', () => {
  test.each([
    ['where it was read to', at('7', 3), at('7', 3), false],
    ['further on', at('7', 4), at('7', 3), false],
    ['cut back', at('7', 2), at('7', 3), true],
    ['a later generation', at('8', 0), at('7', 300), false],
    ['an earlier generation, by a clock that was set back', at('6', 900), at('7', 3), true],
    ['gone', streamStart, at('7', 0), true],
    ['never there', streamStart, streamStart, false],
    ['generations beyond 2^53', at('9007199254740993', 0), at('9007199254740992', 0), false],
  ])('%s', (_what, end, read, expected) => {
    expect(isBehind(end, read)).toBe(expected)
  })
})

test('ids go there and back', () => {
  expect(parseStreamId('1732233445566778-9')).toEqual(at('1732233445566778', 9))
  expect(toStreamId(at('1732233445566778', 9))).toBe('1732233445566778-9')
  expect(toStreamId(streamStart)).toBe('0-0')
})
