import { toPointer } from '../protocol/json-pointer.ts'
import { ByteSink } from './byte-sink.ts'
import { canonicalNumber } from './canonical-number.ts'
import type { Detector } from './detector.ts'
import { isWithin, type RuleState } from './field-rules.ts'
import {
  isArrayAt,
  isNumberAt,
  type JsonTape,
  lastVerbatim,
  nodeSize,
  number,
  oddString,
  sortedKeysAt,
  stringAt,
  unsortedObject,
  verbatim,
} from './json-tape.ts'

/** The numbers of a document's fields that have a deadband: JSON Pointer to spelling. */
export type BandedNumbers = ReadonlyMap<string, string>

/** Of every document without deadbands. */
export const noNumbers: BandedNumbers = new Map()

export interface CanonicalOptions {
  readonly tape: JsonTape
  readonly detector: Detector
  /** Numbers within the band around these are written as these. Default none. */
  readonly stored?: BandedNumbers
}

const [openArray, closeArray, openObject, closeObject, comma, colon] = [91, 93, 123, 125, 44, 58]

/** Writes the canonical form of parts of a scanned document, by its rules. */
export class CanonicalWriter {
  readonly sink: ByteSink
  readonly numbers = new Map<string, string>()
  readonly #tape: JsonTape
  readonly #stored: BandedNumbers
  // Without deadbands nobody asks for the place of a number.
  readonly #hasPaths: boolean

  constructor({ tape, detector, stored = noNumbers }: CanonicalOptions) {
    this.sink = new ByteSink(tape.text.length + 512)
    this.#tape = tape
    this.#stored = stored
    this.#hasPaths = detector.hasDeadbands
  }

  /** Writes a node and all in it. `state` is what the rules say there, `path` its JSON Pointer. */
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
      for (const key of sortedKeysAt(this.#tape, node)) this.#writeField(key, first, state, path)
    } else {
      const end = nodes[node + 3] as number
      for (let key = node + nodeSize; key < end; key = nodes[key + nodeSize + 3] as number)
        this.#writeField(key, first, state, path)
    }
    sink.byte(closeObject)
  }

  #writeField(key: number, first: number, state: RuleState | null, path: string): void {
    const { sink } = this
    const tape = this.#tape
    const { text, nodes } = tape
    const value = key + nodeSize
    const [from, to] = [nodes[key + 1] as number, nodes[key + 2] as number]
    let below: RuleState | null = null
    if (state !== null) below = nodes[key] === verbatim ? state.at(text, from + 1, to - 1) : state.at(stringAt(tape, key))
    if (below?.isIgnored) return
    if (sink.length > first) sink.byte(comma)
    if (below === null && nodes[key] === verbatim && (nodes[value] as number) <= lastVerbatim && nodes[value + 1] === to + 1) {
      sink.copy(text, from, nodes[value + 2] as number)
      return
    }
    this.write(key, null, '')
    sink.byte(colon)
    this.write(value, below, this.#hasPaths && below !== null ? toPointer(path, stringAt(tape, key)) : '')
  }
}
