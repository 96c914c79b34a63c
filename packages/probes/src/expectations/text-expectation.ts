import { z } from 'zod'
import { maxMatchedChars, maxMatchMs, patternFault, patternTest } from './bounded-pattern.ts'

/** What a text must hold; all that is given must be so. */
export interface TextExpectation {
  /** Appears somewhere, letter for letter. */
  readonly contains?: string
  /**
   * A regular expression (JavaScript's, flag `u`) that matches somewhere in the first 65,536 characters; what comes after is not
   * looked at. At most 1,000 characters; a repetition within a repetition, as in `(a+)+`, and references back are refused, and an
   * attempt that takes longer than 50 ms is a failed check.
   */
  readonly matches?: string
}

export const textExpectationFields = {
  contains: z
    .string('must be a text')
    .min(1, 'must not be empty')
    .max(10_000, 'must be at most 10000 characters long')
    .optional(),
  matches: z
    .string('must be a regular expression')
    .superRefine((source, context) => {
      const message = patternFault(source)
      if (message !== null) context.addIssue({ code: 'custom', message })
    })
    .optional(),
}

/** What of the expectation a text does not hold. */
export interface TextFault {
  /** To follow on "The body of … ". */
  readonly message: string
  /** Would more of the text be judged no better? */
  readonly isFinal: boolean
}

/** Null where the text holds all that is expected. */
export type TextJudge = (bytes: Uint8Array) => TextFault | null

/** `path` names the expectation in messages. */
export const textJudge = ({ contains, matches }: TextExpectation, path: string): TextJudge => {
  const wanted = contains === undefined ? null : Buffer.from(contains)
  const test = matches === undefined ? null : patternTest(matches)
  return (bytes) => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    if (wanted !== null && !buffer.includes(wanted)) return { message: `lacks the text of ${path}.contains`, isFinal: false }
    if (test === null) return null
    // Four bytes are the most that one character takes.
    const verdict = test(buffer.toString('utf8', 0, maxMatchedChars * 4))
    if (verdict === 'matches') return null
    if (verdict === 'too slow') {
      const message = `cannot be matched with ${path}.matches within ${maxMatchMs} ms: the pattern backtracks too much`
      return { message, isFinal: true }
    }
    const isCut = bytes.length > maxMatchedChars
    const within = isCut ? ` within its first ${maxMatchedChars} characters` : ''
    return { message: `does not match ${path}.matches${within}`, isFinal: false }
  }
}
