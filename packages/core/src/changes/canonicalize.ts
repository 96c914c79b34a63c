import type { Json } from '../ports/identity.ts'
import { toPointer } from '../protocol/json-pointer.ts'
import { ByteSink } from './byte-sink.ts'
import { canonicalNumber } from './canonical-number.ts'
import type { Detector } from './detector.ts'
import { encodeDocument } from './document-text.ts'
import { isWithin, type RuleState } from './field-rules.ts'
import { afterNode, compareKeys, type JsonTape, nodeKind, nodeSize, scanJson, stringAt } from './json-scan.ts'

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

const open = { array: 91, object: 123 } as const
const close = { array: 93, object: 125 } as const
const [comma, colon] = [44, 58]

class CanonicalWriter {
  readonly sink: ByteSink
  readonly numbers = new Map<string, string>()
  readonly #tape: JsonTape
  readonly #stored: BandedNumbers
  readonly #onField: CanonicalOptions['onField']

  constructor({ tape, stored = noNumbers, onField }: CanonicalOptions) {
    this.sink = new ByteSink(tape.text.length + 512)
    this.#tape = tape
    this.#stored = stored
    this.#onField = onField
  }

  write(node: number, state: RuleState | null, path: string): void {
    const { text, nodes } = this.#tape
    const kind = nodes[node] as number
    if (kind >= nodeKind.object) this.#writeObject(node, state, path)
    else if (kind === nodeKind.array) this.#writeArray(node, state, path)
    else if (kind === nodeKind.oddString) this.sink.write(JSON.stringify(stringAt(this.#tape, node)))
    else if (kind === nodeKind.oddNumber || (kind === nodeKind.number && state?.deadband != null)) this.#writeNumber(node, state, path)
    else this.sink.copy(text, nodes[node + 1] as number, nodes[node + 2] as number)
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
    const end = afterNode(this.#tape, node)
    sink.byte(open.array)
    const first = sink.length
    let index = 0
    for (let item = node + nodeSize; item < end; item = afterNode(this.#tape, item)) {
      const below = state === null ? null : state.at(String(index))
      if (below === null || !below.isIgnored) {
        if (sink.length > first) sink.byte(comma)
        this.write(item, below, below === null ? '' : toPointer(path, index))
      }
      index++
    }
    sink.byte(close.array)
  }

  #writeObject(node: number, state: RuleState | null, path: string): void {
    const { sink } = this
    const tape = this.#tape
    sink.byte(open.object)
    const first = sink.length
    if (tape.nodes[node] === nodeKind.object) {
      const end = afterNode(tape, node)
      for (let key = node + nodeSize; key < end; key = afterNode(tape, key + nodeSize)) this.#writeField(key, first, state, path)
    } else {
      for (const key of this.#sortedKeys(node)) this.#writeField(key, first, state, path)
    }
    sink.byte(close.object)
  }

  // Of a key that comes twice the last one counts, as in JSON.parse.
  #sortedKeys(node: number): number[] {
    const tape = this.#tape
    const end = afterNode(tape, node)
    const keys: number[] = []
    for (let key = node + nodeSize; key < end; key = afterNode(tape, key + nodeSize)) keys.push(key)
    keys.sort((a, b) => compareKeys(tape, a, b))
    return keys.filter((key, i) => i + 1 === keys.length || compareKeys(tape, key, keys[i + 1] as number) !== 0)
  }

  #writeField(key: number, first: number, state: RuleState | null, path: string): void {
    const { sink } = this
    const isTop = path === '' && this.#onField !== undefined && first === 1
    const name = state === null && !isTop ? '' : stringAt(this.#tape, key)
    const below = state === null ? null : state.at(name)
    if (below?.isIgnored) return
    if (sink.length > first) sink.byte(comma)
    this.write(key, null, '')
    sink.byte(colon)
    const from = sink.length
    this.write(key + nodeSize, below, below === null ? '' : toPointer(path, name))
    if (isTop) this.#onField?.(name, from, sink.length)
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
