import { SightlineError } from '../errors.ts'

/** Kinds of nodes on a tape. What is `verbatim` or a `number` stands in the text as its canonical form would. */
export const nodeKind = { verbatim: 0, number: 1, oddNumber: 2, oddString: 3, array: 4, object: 5, unsortedObject: 6 } as const

/** Slots of a node: its kind, where it begins in the text, and where it ends: a leaf in the text, an array or object on the tape. */
export const nodeSize = 3

/**
 * A JSON text and where everything in it stands, without a value made of it: nodes in the order of the text, of an object a key and its
 * value in turn, arrays and objects before what they hold. `depth` counts the arrays and objects that lie in one another.
 */
export interface JsonTape {
  readonly text: string
  readonly nodes: Int32Array
}

/** The index of the node after this one and all that is in it. */
export const afterNode = ({ nodes }: JsonTape, node: number): number =>
  (nodes[node] as number) >= nodeKind.array ? (nodes[node + 2] as number) : node + nodeSize

/** The string a string node stands for. */
export const stringAt = ({ text, nodes }: JsonTape, node: number): string => {
  const from = nodes[node + 1] as number
  const to = nodes[node + 2] as number
  return nodes[node] === nodeKind.verbatim ? text.slice(from + 1, to - 1) : (JSON.parse(text.slice(from, to)) as string)
}

/** Orders two keys by their UTF-16 code units. */
export const compareKeys = (tape: JsonTape, a: number, b: number): number => {
  const { text, nodes } = tape
  if (nodes[a] !== nodeKind.verbatim || nodes[b] !== nodeKind.verbatim) {
    const [first, second] = [stringAt(tape, a), stringAt(tape, b)]
    return first < second ? -1 : first > second ? 1 : 0
  }
  const [endA, endB] = [(nodes[a + 2] as number) - 1, (nodes[b + 2] as number) - 1]
  let atA = (nodes[a + 1] as number) + 1
  let atB = (nodes[b + 1] as number) + 1
  for (; atA < endA && atB < endB; atA++, atB++) {
    const order = text.charCodeAt(atA) - text.charCodeAt(atB)
    if (order !== 0) return order
  }
  return endA - atA - (endB - atB)
}

const char = {
  tab: 9, newline: 10, return: 13, space: 32, quote: 34, plus: 43, comma: 44, minus: 45, point: 46, zero: 48, one: 49, nine: 57,
  colon: 58, bigE: 69, openArray: 91, backslash: 92, closeArray: 93, e: 101, f: 102, n: 110, t: 116, openObject: 123, closeObject: 125,
} as const

const isDigit = (code: number): boolean => code >= char.zero && code <= char.nine

/** Reads a JSON text (RFC 8259), exactly as strict as `JSON.parse`. One use. */
class JsonScanner {
  readonly #text: string
  readonly #maxDepth: number
  #nodes: Int32Array
  #size = 0
  #at = 0

  constructor(text: string, maxDepth: number) {
    this.#text = text
    this.#maxDepth = maxDepth
    this.#nodes = new Int32Array(96 + (text.length >> 1))
  }

  scan(): JsonTape {
    this.#skipSpace()
    this.#value(this.#maxDepth)
    this.#skipSpace()
    if (this.#at !== this.#text.length) throw this.#fault('the end')
    return { text: this.#text, nodes: this.#nodes.subarray(0, this.#size) }
  }

  #fault(expected: string): SightlineError {
    const before = this.#text.slice(0, this.#at)
    const line = before.split('\n').length
    const place = `line ${line}, column ${this.#at - before.lastIndexOf('\n')}`
    return new SightlineError('BAD_DOCUMENT', `The document is not valid JSON at ${place}: expected ${expected}.`)
  }

  #add(kind: number, from: number, to: number): number {
    const node = this.#size
    if (node + nodeSize > this.#nodes.length) {
      const larger = new Int32Array(this.#nodes.length * 2)
      larger.set(this.#nodes)
      this.#nodes = larger
    }
    this.#nodes[node] = kind
    this.#nodes[node + 1] = from
    this.#nodes[node + 2] = to
    this.#size = node + nodeSize
    return node
  }

  #skipSpace(): number {
    let code = this.#text.charCodeAt(this.#at)
    while (code === char.space || code === char.newline || code === char.return || code === char.tab) {
      code = this.#text.charCodeAt(++this.#at)
    }
    return code
  }

  #value(room: number): void {
    const code = this.#text.charCodeAt(this.#at)
    if (code === char.quote) this.#string()
    else if (code === char.openObject) this.#object(room)
    else if (code === char.openArray) this.#array(room)
    else if (code === char.t) this.#word('true')
    else if (code === char.f) this.#word('false')
    else if (code === char.n) this.#word('null')
    else this.#number()
  }

  #word(word: string): void {
    const from = this.#at
    if (!this.#text.startsWith(word, from)) throw this.#fault('a value')
    this.#at += word.length
    this.#add(nodeKind.verbatim, from, this.#at)
  }

  #string(): number {
    const text = this.#text
    const from = this.#at
    let isOdd = false
    let at = from + 1
    for (let code = text.charCodeAt(at); code !== char.quote; code = text.charCodeAt(++at)) {
      if (code === char.backslash) {
        isOdd = true
        at++
      } else if (!(code >= char.space)) {
        this.#at = Math.min(at, text.length)
        throw this.#fault('the rest of a string')
      } else if (code >= 0xd800 && code <= 0xdfff) isOdd = true
    }
    if (isOdd) this.#checkEscapes(from, at + 1)
    this.#at = at + 1
    return this.#add(isOdd ? nodeKind.oddString : nodeKind.verbatim, from, at + 1)
  }

  #checkEscapes(from: number, to: number): void {
    const escapes = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})|\\/g
    for (const match of this.#text.slice(from, to).matchAll(escapes)) {
      if (match[0] !== '\\') continue
      this.#at = from + match.index
      throw this.#fault('a valid escape')
    }
  }

  #number(): void {
    const text = this.#text
    const from = this.#at
    let at = from
    const digits = () => {
      const first = at
      while (isDigit(text.charCodeAt(at))) at++
      if (at > first) return
      this.#at = at
      throw this.#fault('a digit')
    }
    if (text.charCodeAt(at) === char.minus) at++
    else if (!isDigit(text.charCodeAt(at))) throw this.#fault('a value')
    const whole = at
    const startsWithZero = text.charCodeAt(at) === char.zero
    if (startsWithZero) at++
    else digits()
    // As ECMAScript spells a number: no exponent from 1e-6 to below 1e21, no zeros at the end, no sign on zero.
    let isOdd = at - whole > 21 || (startsWithZero && whole > from)
    if (text.charCodeAt(at) === char.point) {
      const fraction = ++at
      digits()
      isOdd = at - whole > 21 && fraction - 1 - whole > 21
      if (text.charCodeAt(at - 1) === char.zero || (startsWithZero && text.startsWith('000000', fraction))) isOdd = true
    }
    if (text.charCodeAt(at) === char.e || text.charCodeAt(at) === char.bigE) {
      isOdd = true
      at++
      if (text.charCodeAt(at) === char.plus || text.charCodeAt(at) === char.minus) at++
      digits()
    }
    this.#at = at
    this.#add(isOdd ? nodeKind.oddNumber : nodeKind.number, from, at)
  }

  #open(room: number): number {
    if (room === 0) {
      throw new SightlineError('BAD_DOCUMENT', `The document is nested deeper than ${this.#maxDepth} levels.`)
    }
    const node = this.#add(nodeKind.array, this.#at, 0)
    this.#at++
    return node
  }

  #close(node: number, kind: number): void {
    this.#at++
    this.#nodes[node] = kind
    this.#nodes[node + 2] = this.#size
  }

  #array(room: number): void {
    const node = this.#open(room)
    if (this.#skipSpace() === char.closeArray) {
      this.#close(node, nodeKind.array)
      return
    }
    for (;;) {
      this.#value(room - 1)
      const code = this.#skipSpace()
      if (code === char.closeArray) break
      if (code !== char.comma) throw this.#fault('a comma or ]')
      this.#at++
      this.#skipSpace()
    }
    this.#close(node, nodeKind.array)
  }

  #object(room: number): void {
    const node = this.#open(room)
    let code = this.#skipSpace()
    if (code === char.closeObject) {
      this.#close(node, nodeKind.object)
      return
    }
    let isSorted = true
    let last = -1
    for (;;) {
      if (code !== char.quote) throw this.#fault('a key')
      const key = this.#string()
      if (isSorted && last !== -1 && compareKeys({ text: this.#text, nodes: this.#nodes }, last, key) >= 0) isSorted = false
      last = key
      if (this.#skipSpace() !== char.colon) throw this.#fault('a colon')
      this.#at++
      this.#skipSpace()
      this.#value(room - 1)
      code = this.#skipSpace()
      if (code === char.closeObject) break
      if (code !== char.comma) throw this.#fault('a comma or }')
      this.#at++
      code = this.#skipSpace()
    }
    this.#close(node, isSorted ? nodeKind.object : nodeKind.unsortedObject)
  }
}

/**
 * Scans a JSON text of at most `maxDepth` levels.
 *
 * @throws SightlineError `BAD_DOCUMENT` with the place of the first fault; the message repeats nothing of the text.
 */
export const scanJson = (text: string, maxDepth: number): JsonTape => new JsonScanner(text, maxDepth).scan()
