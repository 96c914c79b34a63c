import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromPointer, toPointer } from '../../src/protocol/json-pointer.ts'

describe('JSON Pointer', () => {
  it('gives back any keys', () => {
    const key = fc.oneof(fc.string(), fc.constantFrom('', '~', '/', '~1', '~01', 'a/b'))
    fc.assert(
      fc.property(fc.array(key), (keys) => {
        expect(fromPointer(keys.reduce<string>(toPointer, ''))).toEqual(keys)
      }),
    )
  })

  // RFC 6901, section 5.
  it.each([
    ['', []],
    ['/foo', ['foo']],
    ['/foo/0', ['foo', '0']],
    ['/', ['']],
    ['/a~1b', ['a/b']],
    ['/m~0n', ['m~n']],
    ['/~01', ['~1']],
  ])('reads %j', (pointer, keys) => {
    expect(fromPointer(pointer)).toEqual(keys)
  })

  it('has no keys for what is no pointer', () => {
    expect(fromPointer('foo')).toBeNull()
  })
})
