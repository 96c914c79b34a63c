import { expect, it } from 'vitest'
import { sha1 } from '../../src/changes/digest.ts'

// RFC 3174, section 7.3.
it('is the SHA-1 of bytes, and of the UTF-8 of a text', () => {
  expect(sha1('abc')).toBe('a9993e364706816aba3e25717850c26c9cd0d89d')
  expect(sha1(new TextEncoder().encode('é'))).toBe(sha1('é'))
})
