import { SightlineError } from '../errors.ts'
import { exactNumber, hasExactNumbers } from './exact-number.ts'
import { findJsonFault } from './json-fault.ts'

/** A document as parsed. `isExact` says that it holds `ExactNumber`s where its numbers are beyond a double. */
export interface ParsedDocument {
  readonly value: unknown
  readonly isExact: boolean
}

type SourceReviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown
// TypeScript does not know the third argument yet: https://github.com/tc39/proposal-json-parse-with-source
const parseWithSource = JSON.parse as (text: string, reviver: SourceReviver) => unknown

const keepExact: SourceReviver = (_key, value, { source }) =>
  typeof value === 'number' && source !== undefined ? (exactNumber(source) ?? value) : value

export const tooDeep = (maxDepth: number): SightlineError =>
  new SightlineError('BAD_DOCUMENT', `The document is nested deeper than ${maxDepth} levels.`)

/**
 * Parses a document's text.
 *
 * @throws SightlineError `BAD_DOCUMENT` with the place of the fault; the message repeats nothing of the document.
 */
export const parseDocument = (text: string): ParsedDocument => {
  try {
    if (!hasExactNumbers(text)) return { value: JSON.parse(text), isExact: false }
    return { value: parseWithSource(text, keepExact), isExact: true }
  } catch (cause) {
    // A reviver runs recursively: a RangeError means that the engine's stack ended.
    if (cause instanceof RangeError) throw new SightlineError('BAD_DOCUMENT', 'The document is nested too deeply.')
    const fault = findJsonFault(text)
    const place = fault === null ? '' : ` at line ${fault.line}, column ${fault.column}: expected ${fault.expected}`
    throw new SightlineError('BAD_DOCUMENT', `The document is not valid JSON${place}.`)
  }
}
