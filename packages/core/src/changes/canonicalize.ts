import type { Json } from '../ports/identity.ts'
import { toPointer } from '../protocol/json-pointer.ts'
import { type BandedNumbers, type CanonicalOptions, CanonicalWriter, noNumbers } from './canonical-writer.ts'
import type { Detector } from './detector.ts'
import { encodeDocument } from './document-text.ts'
import { scanJson } from './json-scan.ts'
import { isObjectAt, nodeSize, sortedKeysAt, stringAt } from './json-tape.ts'

/** The canonical form of a whole document. */
export interface CanonicalForm {
  /** The canonical text in UTF-8. */
  readonly bytes: Uint8Array
  /** What the next document is measured by; empty without deadbands. */
  readonly numbers: BandedNumbers
}

/** The canonical texts of a document's top-level fields by their name, those that are ignored left out. */
export interface CanonicalFields {
  readonly texts: ReadonlyMap<string, string>
  readonly numbers: BandedNumbers
}

const numbersOf = ({ numbers }: CanonicalWriter): BandedNumbers => (numbers.size === 0 ? noNumbers : numbers)

/** The canonical form of a scanned document by its rules. */
export const canonicalForm = (options: CanonicalOptions): CanonicalForm => {
  const writer = new CanonicalWriter(options)
  writer.write(0, options.detector.root, '')
  return { bytes: writer.sink.bytes(), numbers: numbersOf(writer) }
}

/** The canonical form field by field. A document that is no object has no fields. */
export const canonicalFields = (options: CanonicalOptions): CanonicalFields => {
  const { tape, detector } = options
  if (!isObjectAt(tape, 0)) return { texts: new Map(), numbers: noNumbers }
  const writer = new CanonicalWriter(options)
  const decoder = new TextDecoder()
  const texts = new Map<string, string>()
  for (const key of sortedKeysAt(tape, 0)) {
    const name = stringAt(tape, key)
    const state = detector.root?.at(name) ?? null
    if (state?.isIgnored) continue
    const from = writer.sink.length
    writer.write(key + nodeSize, state, toPointer('', name))
    texts.set(name, decoder.decode(writer.sink.bytes().subarray(from)))
  }
  return { texts, numbers: numbersOf(writer) }
}

/**
 * The canonical text of a value: keys sorted by UTF-16 code units, no white space, numbers as `JSON.stringify` spells them, ignored
 * fields left out. Its SHA-1 is the `hash` of a snapshot.
 *
 * @throws SightlineError `BAD_DOCUMENT` for what has no JSON, or is nested deeper than the rules allow.
 * @example canonicalize({ b: 1, a: 2, at: 3 }, compileDetector({ ignore: ['at'] })) // '{"a":2,"b":1}'
 */
export const canonicalize = (value: unknown, detector: Detector): Json => {
  const tape = scanJson(encodeDocument(value), detector.maxDepth)
  return new TextDecoder().decode(canonicalForm({ tape, detector }).bytes)
}
