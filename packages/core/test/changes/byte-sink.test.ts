import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteSink } from '../../src/changes/byte-sink.ts'
import { anyText } from './support/json-text.ts'

describe('ByteSink', () => {
  it('writes the UTF-8 of everything it is given, growing as needed', () => {
    const bmp = anyText(8).map((text) => text.replace(/[\ud800-\udfff]/g, 'é'))
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.record({ copy: bmp }),
            fc.record({ write: fc.oneof(fc.string(), fc.constantFrom('é', '漢', '😀', '\ud800')) }),
            fc.record({ byte: fc.nat(127) }),
          ),
        ),
        (pieces) => {
          const sink = new ByteSink(1)
          let text = ''
          for (const piece of pieces) {
            if ('copy' in piece) {
              sink.copy(`<${piece.copy}>`, 1, piece.copy.length + 1)
              text += piece.copy
            } else if ('write' in piece) {
              sink.write(piece.write)
              text += piece.write
            } else {
              sink.byte(piece.byte)
              text += String.fromCharCode(piece.byte)
            }
          }
          expect(sink.bytes()).toEqual(new TextEncoder().encode(text))
          expect(sink.length).toBe(sink.bytes().length)
        },
      ),
    )
  })
})
