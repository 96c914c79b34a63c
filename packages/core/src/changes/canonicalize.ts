import type { Json } from '../ports/identity.ts'
import { toPointer } from '../protocol/json-pointer.ts'
import { ByteSink } from './byte-sink.ts'
import { canonicalNumber } from './canonical-number.ts'
import type { Detector } from './detector.ts'
import { encodeDocument } from './document-text.ts'
import { isWithin, type RuleState } from './field-rules.ts'
import { scanJson } from './json-scan.ts'
import {
  compareKeys,
  isArrayAt,
  isNumberAt,
  type JsonTape,
  lastVerbatim,
  nodeSize,
  number,
  oddString,
  stringAt,
  unsortedObject,
  verbatim,
} from './json-tape.ts'

export type { Deadbands } from './field-rules.ts'

/** The numbers of a document's fields that have a deadband: JSON Pointer to spelling. */
export type BandedNumbers = ReadonlyMap<string, string>

/** Of every document without deadbands. */
export const noNumbers: BandedNumbers = new Map()

export interface CanonicalForm {
  /** The canonical text in UTF-8. */
  readonly bytes: Uint8Array
  /** Empty without deadbands. */
  readonly numbers: BandedNumbers
}

export interface CanonicalOptions {
  readonly tape: JsonTape
  readonly detector: Detector
  /** Numbers within the band around these are written as these. Default none. */
  readonly stored?: BandedNumbers
  /** Told each top-level field that is not ignored, and where its value begins and ends in the bytes. */
  readonly onField?: (key: string, from: number, to: number) => void
}

const [openArray, closeArray, openObject, closeObject, comma, colon] = [91, 93, 123, 125, 44, 58]

class CanonicalWriter {
  readonly sink: ByteSink
  readonly numbers = new Map<string, string>()
  readonly #tape: JsonTape
  readonly #stored: BandedNumbers
  readonly #onField: CanonicalOptions['onField']
  // Without deadbands nobody asks for the place of a number.
  readonly #hasPaths: boolean

  constructor({ tape, detector, stored = noNumbers, onField }: CanonicalOptions) {
    this.sink = new ByteSink(tape.text.length + 512)
    this.#tape = tape
    this.#stored = stored
    this.#onField = onField
    this.#hasPaths = detector.hasDeadbands
  }

  write(node: number, state: RuleState | null, path: string): void {
    const tape = this.#tape
    const { text, nodes } = tape
    const kind = nodes[node] as number
    const isLeaf = kind === verbatim || (kind === number && (state === null || state.deadband === null))
    if (isLeaf || (state === null && kind <= lastVerbatim)) {
      this.sink.copy(text, nodes[node + 1] as number, nodes[node + 2] as number)
    } else if (kind === oddString) this.sink.write(JSON.stringify(stringAt(tape, node)))
    else if (isNumberAt(tape, node)) this.#writeNumber(node, state, path)
    else if (isArrayAt(tape, node)) this.#writeArray(node, state, path)
    else this.#writeObject(node, state, path)
  }

  #writeNumber(node: number, state: RuleState | null, path: string): void {
    const { text, nodes } = this.#tape
    const spelled = canonicalNumber(text.slice(nodes[node + 1], nodes[node + 2]))
    const deadband = state?.deadband ?? null
    const stored = deadband === null ? undefined : this.#stored.get(path)
    if (deadband !== null) this.numbers.set(path, spelled)
    const isClose = deadband !== null && stored !== undefined && isWithin(deadband, Number(stored), Number(spelled))
    this.sink.write(isClose ? stored : spelled)
  }

  #writeArray(node: number, state: RuleState | null, path: string): void {
    const { sink } = this
    const { nodes } = this.#tape
    const end = nodes[node + 3] as number
    sink.byte(openArray)
    const first = sink.length
    let index = 0
    for (let item = node + nodeSize; item < end; item = nodes[item + 3] as number) {
      const below = state === null ? null : state.at(String(index))
      if (below === null || !below.isIgnored) {
        if (sink.length > first) sink.byte(comma)
        this.write(item, below, this.#hasPaths && below !== null ? toPointer(path, index) : '')
      }
      index++
    }
    sink.byte(closeArray)
  }

  #writeObject(node: number, state: RuleState | null, path: string): void {
    const { sink } = this
    const { nodes } = this.#tape
    sink.byte(openObject)
    const first = sink.length
    if (nodes[node] === unsortedObject) {
      for (const key of this.#sortedKeys(node)) this.#writeField(key, first, state, path)
    } else {
      const end = nodes[node + 3] as number
      for (let key = node + nodeSize; key < end; key = nodes[key + nodeSize + 3] as number)
        this.#writeField(key, first, state, path)
    }
    sink.byte(closeObject)
  }

  // Of a key that comes twice the last one counts, as in JSON.parse.
  #sortedKeys(node: number): readonly number[] {
    const { text, nodes } = this.#tape
    const end = nodes[node + 3] as number
    const keys: number[] = []
    for (let key = node + nodeSize; key < end; key = nodes[key + nodeSize + 3] as number) keys.push(key)
    sortKeys(keys, (a, b) => compareKeys(text, nodes, a, b))
    return keys.filter((key, i) => i + 1 === keys.length || compareKeys(text, nodes, key, keys[i + 1] as number) !== 0)
  }

  #writeField(key: number, first: number, state: RuleState | null, path: string): void {
    const { sink } = this
    const tape = this.#tape
    const { text, nodes } = tape
    const value = key + nodeSize
    const isTop = first === 1 && this.#onField !== undefined
    const [from, to] = [nodes[key + 1] as number, nodes[key + 2] as number]
    let below: RuleState | null = null
    if (state !== null) below = nodes[key] === verbatim ? state.at(text, from + 1, to - 1) : state.at(stringAt(tape, key))
    if (below?.isIgnored) return
    if (sink.length > first) sink.byte(comma)
    if (
      below === null &&
      !isTop &&
      nodes[key] === verbatim &&
      (nodes[value] as number) <= lastVerbatim &&
      nodes[value + 1] === to + 1
    ) {
      sink.copy(text, from, nodes[value + 2] as number)
      return
    }
    this.write(key, null, '')
    sink.byte(colon)
    const start = sink.length
    this.write(value, below, this.#hasPaths && below !== null ? toPointer(path, stringAt(tape, key)) : '')
    if (isTop) this.#onField?.(stringAt(tape, key), start, sink.length)
  }
}

// Objects have few keys, mostly nearly in order; the engine's sort costs more than it saves there.
const sortKeys = (keys: number[], compare: (a: number, b: number) => number): void => {
  if (keys.length > 64) {
    keys.sort(compare)
    return
  }
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i] as number
    let place = i
    for (; place > 0 && compare(keys[place - 1] as number, key) > 0; place--) keys[place] = keys[place - 1] as number
    keys[place] = key
  }
}

/** The canonical form of a scanned document by its rules, and the numbers that the next document is measured by. */
export const canonicalForm = (options: CanonicalOptions): CanonicalForm => {
  const writer = new CanonicalWriter(options)
  writer.write(0, options.detector.root, '')
  return { bytes: writer.sink.bytes(), numbers: writer.numbers.size === 0 ? noNumbers : writer.numbers }
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
