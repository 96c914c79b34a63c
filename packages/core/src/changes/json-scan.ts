import { SightlineError } from '../errors.ts'
import {
  array,
  compareKeys,
  type JsonTape,
  nodeSize,
  number,
  object,
  oddNumber,
  oddString,
  unsortedObject,
  verbatim,
  verbatimArray,
  verbatimObject,
} from './json-tape.ts'

const tab = 9
const newline = 10
const carriageReturn = 13
const space = 32
const quote = 34
const plus = 43
const comma = 44
const minus = 45
const point = 46
const zero = 48
const nine = 57
const colon = 58
const bigE = 69
const openArray = 91
const backslash = 92
const closeArray = 93
const smallE = 101
const smallF = 102
const smallN = 110
const smallT = 116
const openObject = 123
const closeObject = 125

/** Reads one JSON text (RFC 8259), exactly as strict as `JSON.parse`. */
class JsonScanner {
  readonly #text: string
  readonly #maxDepth: number
  #nodes: Int32Array
  #size = 0
  #at = 0
  // Counts what is not canonical as it stands: an array or object without any inside is verbatim.
  #oddities = 0

  constructor(text: string, maxDepth: number) {
    this.#text = text
    this.#maxDepth = maxDepth
    this.#nodes = new Int32Array(64 + (text.length >> 1))
  }

  scan(): JsonTape {
    this.#skipSpace()
    this.#value(this.#maxDepth)
    this.#skipSpace()
    if (this.#at !== this.#text.length) throw this.#fault('the end')
    return { text: this.#text, nodes: this.#nodes }
  }

  #fault(expected: string): SightlineError {
    const before = this.#text.slice(0, this.#at)
    const place = `line ${before.split('\n').length}, column ${this.#at - before.lastIndexOf('\n')}`
    return new SightlineError('BAD_DOCUMENT', `The document is not valid JSON at ${place}: expected ${expected}.`)
  }

  #add(kind: number, from: number, to: number): number {
    const node = this.#size
    if (node + nodeSize > this.#nodes.length) {
      const larger = new Int32Array(this.#nodes.length * 2)
      larger.set(this.#nodes)
      this.#nodes = larger
    }
    const nodes = this.#nodes
    nodes[node] = kind
    nodes[node + 1] = from
    nodes[node + 2] = to
    nodes[node + 3] = node + nodeSize
    this.#size = node + nodeSize
    this.#at = to
    return node
  }

  #skipSpace(): number {
    const text = this.#text
    let at = this.#at
    let code = text.charCodeAt(at)
    if (!(code <= space)) return code
    while (code === space || code === newline || code === carriageReturn || code === tab) code = text.charCodeAt(++at)
    this.#at = at
    this.#oddities++
    return code
  }

  #value(room: number): void {
    switch (this.#text.charCodeAt(this.#at)) {
      case quote:
        this.#string()
        break
      case openObject:
        this.#object(room)
        break
      case openArray:
        this.#array(room)
        break
      case smallT:
        this.#word('true')
        break
      case smallF:
        this.#word('false')
        break
      case smallN:
        this.#word('null')
        break
      default:
        this.#number()
    }
  }

  #word(word: string): void {
    if (!this.#text.startsWith(word, this.#at)) throw this.#fault('a value')
    this.#add(verbatim, this.#at, this.#at + word.length)
  }

  #string(): number {
    const text = this.#text
    const from = this.#at
    let isOdd = false
    let at = from + 1
    for (let code = text.charCodeAt(at); code !== quote; code = text.charCodeAt(++at)) {
      if (code > backslash && code < 0xd800) continue
      if (code === backslash) {
        isOdd = true
        at++
      } else if (!(code >= space)) {
        this.#at = Math.min(at, text.length)
        throw this.#fault('the rest of a string')
      } else if (code >= 0xd800 && code <= 0xdfff) isOdd = true
    }
    if (!isOdd) return this.#add(verbatim, from, at + 1)
    this.#checkEscapes(from, at)
    this.#oddities++
    return this.#add(oddString, from, at + 1)
  }

  #checkEscapes(from: number, to: number): void {
    for (const match of this.#text.slice(from, to).matchAll(/\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})|\\/g)) {
      if (match[0] !== '\\') continue
      this.#at = from + match.index
      throw this.#fault('a valid escape')
    }
  }

  // The end of the digits at `at`, of which there must be one.
  #digits(at: number): number {
    const text = this.#text
    let end = at
    for (let code = text.charCodeAt(end); code >= zero && code <= nine; code = text.charCodeAt(end)) end++
    if (end > at) return end
    this.#at = at
    throw this.#fault('a digit')
  }

  #number(): void {
    const text = this.#text
    const from = this.#at
    const first = text.charCodeAt(from)
    if (first !== minus && !(first >= zero && first <= nine)) throw this.#fault('a value')
    const whole = first === minus ? from + 1 : from
    const startsWithZero = text.charCodeAt(whole) === zero
    let at = startsWithZero ? whole + 1 : this.#digits(whole)
    // ECMAScript spells a number without an exponent from 1e-6 to below 1e21, without zeros at the end, and zero without a sign.
    let isOdd = at - whole > 21
    if (text.charCodeAt(at) === point) {
      const fraction = at + 1
      at = this.#digits(fraction)
      isOdd ||= text.charCodeAt(at - 1) === zero || (startsWithZero && text.startsWith('000000', fraction))
    } else isOdd ||= startsWithZero && whole > from
    const code = text.charCodeAt(at)
    if (code === smallE || code === bigE) {
      const sign = text.charCodeAt(at + 1)
      at = this.#digits(sign === plus || sign === minus ? at + 2 : at + 1)
      isOdd = true
    }
    if (isOdd) this.#oddities++
    this.#add(isOdd ? oddNumber : number, from, at)
  }

  #open(room: number): number {
    if (room > 0) return this.#add(array, this.#at, this.#at + 1)
    throw new SightlineError('BAD_DOCUMENT', `The document is nested deeper than ${this.#maxDepth} levels.`)
  }

  #close(node: number, kind: number): void {
    this.#at++
    const nodes = this.#nodes
    nodes[node] = kind
    nodes[node + 2] = this.#at
    nodes[node + 3] = this.#size
  }

  #array(room: number): void {
    const node = this.#open(room)
    const oddities = this.#oddities
    if (this.#skipSpace() !== closeArray) {
      for (;;) {
        this.#value(room - 1)
        const code = this.#skipSpace()
        if (code === closeArray) break
        if (code !== comma) throw this.#fault('a comma or ]')
        this.#at++
        this.#skipSpace()
      }
    }
    this.#close(node, this.#oddities === oddities ? verbatimArray : array)
  }

  #object(room: number): void {
    const text = this.#text
    const node = this.#open(room)
    const oddities = this.#oddities
    let isSorted = true
    let code = this.#skipSpace()
    for (let last = -1; code !== closeObject || last !== -1; ) {
      if (code !== quote) throw this.#fault('a key')
      const key = this.#string()
      if (isSorted && last !== -1) isSorted = compareKeys(text, this.#nodes, last, key) < 0
      last = key
      if (this.#skipSpace() !== colon) throw this.#fault('a colon')
      this.#at++
      this.#skipSpace()
      this.#value(room - 1)
      code = this.#skipSpace()
      if (code === closeObject) break
      if (code !== comma) throw this.#fault('a comma or }')
      this.#at++
      code = this.#skipSpace()
    }
    if (!isSorted) this.#oddities++
    this.#close(node, !isSorted ? unsortedObject : this.#oddities === oddities ? verbatimObject : object)
  }
}

/**
 * Scans a JSON text of at most `maxDepth` levels of arrays and objects.
 *
 * @throws SightlineError `BAD_DOCUMENT` with the place of the first fault; the message repeats nothing of the text.
 */
export const scanJson = (text: string, maxDepth: number): JsonTape => new JsonScanner(text, maxDepth).scan()
