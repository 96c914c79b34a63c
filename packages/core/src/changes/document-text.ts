import { SightlineError } from '../errors.ts'

// A prefix that ends within a character is no fault while more may follow; so the shortest one that throws ends at the fault.
const findFault = (bytes: Uint8Array): number => {
  let valid = 0
  let broken = bytes.length + 1
  while (broken - valid > 1) {
    const middle = (valid + broken) >> 1
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, middle), { stream: true })
      valid = middle
    } catch {
      broken = middle
    }
  }
  return Math.min(broken - 1, bytes.length)
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * A document's text from the bytes as received: UTF-8, a byte order mark is dropped.
 *
 * @throws SightlineError `BAD_DOCUMENT` with the offset where the bytes stop being UTF-8.
 */
export const decodeDocument = (bytes: Uint8Array): string => {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new SightlineError('BAD_DOCUMENT', `The document is not valid UTF-8 at byte ${findFault(bytes)}.`)
  }
}

/**
 * The text of a value made in process, as `JSON.stringify` writes it.
 *
 * @throws SightlineError `BAD_DOCUMENT` for what has no JSON: `undefined`, functions, symbols, BigInts, cycles, endless nesting.
 */
export const encodeDocument = (value: unknown): string => {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (cause) {
    throw new SightlineError('BAD_DOCUMENT', 'The value cannot be written as JSON.', { cause })
  }
  if (text === undefined) throw new SightlineError('BAD_DOCUMENT', `A value of type ${typeof value} has no JSON.`)
  return text
}
