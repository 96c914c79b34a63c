import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scanJson } from '../../src/changes/json-scan.ts'
import { anyText, jsonValue, randomFrom, respell } from './support/json-text.ts'

const isAccepted = (parse: () => unknown): boolean => {
  try {
    parse()
    return true
  } catch {
    return false
  }
}

const agrees = (text: string): void => {
  expect([text, isAccepted(() => scanJson(text, 1_000))]).toEqual([text, isAccepted(() => JSON.parse(text))])
}

describe('scanJson', () => {
  it('accepts and refuses what JSON.parse does: texts near JSON', () => {
    const piece = fc.constantFrom(
      ...'{}[]:,"\\ \n\t\u000b\u00a0\ufeff\u2028+-.eE0123456789abfnrtu/\'x'.split(''),
      ...[
        '"a"',
        '"b":',
        'true',
        'false',
        'null',
        'nul',
        'Infinity',
        '1e5',
        '-0',
        '01',
        '1.',
        '.5',
        '1e',
        '1e+',
        '\\u00',
        '\\u0041',
        '"\\x"',
        '\u0000',
        '\u001f',
        '\u007f',
        '\ud800',
      ],
    )
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
        agrees,
      ),
      { numRuns: 8_000 },
    )
  })

  it('accepts and refuses what JSON.parse does: JSON with one character changed', () => {
    fc.assert(
      fc.property(jsonValue(), fc.integer(), fc.nat(), anyText(2), (value, seed, place, other) => {
        const text = respell(value, randomFrom(seed))
        const at = place % (text.length + 1)
        agrees(text)
        agrees(text.slice(0, at) + text.slice(at + 1))
        agrees(text.slice(0, at) + other + text.slice(at))
        agrees(text.slice(0, at))
      }),
      { numRuns: 400 },
    )
  })

  it.each([
    ['', 'line 1, column 1: expected a value'],
    ['  \n x', 'line 2, column 2: expected a value'],
    ['{"a":1,}', 'line 1, column 8: expected a key'],
    ['{a:1}', 'line 1, column 2: expected a key'],
    ['{"a" 1}', 'line 1, column 6: expected a colon'],
    ['{"a":1 "b":2}', 'line 1, column 8: expected a comma or }'],
    ['[1 2]', 'line 1, column 4: expected a comma or ]'],
    ['[1,]', 'line 1, column 4: expected a value'],
    ['[', 'line 1, column 2: expected a value'],
    ['"ab', 'line 1, column 4: expected the rest of a string'],
    ['"a\nb"', 'line 1, column 3: expected the rest of a string'],
    ['"a\\', 'line 1, column 4: expected the rest of a string'],
    ['["\\x"]', 'line 1, column 3: expected a valid escape'],
    ['["\\u12g4"]', 'line 1, column 3: expected a valid escape'],
    ['-', 'line 1, column 2: expected a digit'],
    ['1.e5', 'line 1, column 3: expected a digit'],
    ['1e+', 'line 1, column 4: expected a digit'],
    ['tru', 'line 1, column 1: expected a value'],
    ['{} {}', 'line 1, column 4: expected the end'],
    ['<html>', 'line 1, column 1: expected a value'],
  ])('says where %j goes wrong', (text, place) => {
    expect(() => scanJson(text, 200)).toThrow(`The document is not valid JSON at ${place}.`)
  })

  it('repeats nothing of the document', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), (cut) => {
        const text = '{"password":"hunter2-hunter2","x":tru}'.slice(0, cut)
        try {
          scanJson(text, 200)
        } catch (thrown) {
          const error = thrown as Error
          expect(`${error.message} ${error.cause ?? ''}`).not.toMatch(/hunter|passw/)
        }
      }),
    )
  })

  it('takes nesting up to the limit and refuses it beyond, at any size, without a stack overflow', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
    expect(scanJson(nested(200), 200).nodes.length).toBeGreaterThan(0)
    expect(() => scanJson(nested(201), 200)).toThrow('The document is nested deeper than 200 levels.')
    for (const levels of [200_000, 1_000_000]) {
      for (const text of [nested(levels), '['.repeat(levels), `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`]) {
        expect(() => scanJson(text, 200)).toThrow(expect.objectContaining({ code: 'BAD_DOCUMENT' }))
      }
    }
  })

  it('takes the deepest nesting there may be', () => {
    expect(scanJson(`${'{"a":['.repeat(500)}1${']}'.repeat(500)}`, 1_000).nodes.length).toBeGreaterThan(0)
  })
})
