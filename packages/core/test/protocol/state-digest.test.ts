import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha1 } from '../../src/changes/digest.ts'
import { stateDigest } from '../../src/protocol/state-digest.ts'
import { jsonValue, randomFrom, referenceForm, respell } from '../changes/support/json-text.ts'

const otherSha1 = (text: string): string => createHash('sha1').update(new TextEncoder().encode(text)).digest('hex')

describe('stateDigest', () => {
  it('is equal on both sides of the wire', () => {
    fc.assert(
      fc.property(jsonValue(), fc.integer(), (data, seed) => {
        const arrived = JSON.parse(respell(data, randomFrom(seed)))
        expect(stateDigest(arrived, otherSha1)).toBe(stateDigest(data, sha1))
      }),
    )
  })

  it('differs where the data does', () => {
    fc.assert(
      fc.property(jsonValue(), jsonValue(), (a, b) => {
        expect(stateDigest(a, sha1) === stateDigest(b, sha1)).toBe(referenceForm(a) === referenceForm(b))
      }),
    )
  })

  it('is the lower-case hex SHA-1 of the canonical text', () => {
    expect(stateDigest({ b: 1, a: 'é' }, sha1)).toBe(otherSha1('{"a":"é","b":1}'))
    expect(stateDigest(null, sha1)).toMatch(/^[0-9a-f]{40}$/)
  })
})
