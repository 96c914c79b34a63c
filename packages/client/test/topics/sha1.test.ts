import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sha1 } from '../../src/topics/sha1.ts'
import { nodeSha1 } from '../support/frames.ts'

const codeUnits = fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units))

test('is the server’s SHA-1, whatever the text', () => {
  fc.assert(fc.property(codeUnits, (text) => sha1(text) === nodeSha1(text)))
  expect(sha1('lone \ud800 surrogate')).toBe(nodeSha1('lone \ud800 surrogate'))
})
