import type { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { codeOfName, nameOfCode } from './name-codes.ts'

/** Names are bits by their codes, lowest first, but this one: it says that names follow which have no bit. */
const OTHERS = 8
/** Bits that a whole number holds without error. */
const MOST_BITS = 50

/** The bit of a name, from 1; null where it has none. */
const bitOf = (name: string): number | null => {
  const code = codeOfName(name)
  if (code === null) return null
  const bit = code < OTHERS ? code : code + 1
  return bit <= MOST_BITS ? bit : null
}

const nameOfBit = (bit: number): string => {
  const name = nameOfCode(bit < OTHERS ? bit : bit - 1)
  if (name === null) throw new RangeError('a name is not known')
  return name
}

const byBit = (a: string, b: string): number => (bitOf(a) ?? 0) - (bitOf(b) ?? 0)

/** Which names there are, as it is written, and the order in which what belongs to them is to follow. */
export interface NameSet {
  readonly names: readonly string[]
  readonly bytes: Uint8Array
  readonly order: readonly string[]
}

export const toNameSet = (names: readonly string[]): NameSet => {
  let bits = 0
  const known: string[] = []
  const others: string[] = []
  for (const name of names) {
    const bit = bitOf(name)
    if (bit === null) others.push(name)
    else {
      known.push(name)
      bits += 2 ** (bit - 1)
    }
  }
  known.sort(byBit)
  others.sort()
  const writer = new ByteWriter()
  writer.whole(others.length === 0 ? bits : bits + 2 ** (OTHERS - 1))
  if (others.length > 0) writer.whole(others.length)
  for (const name of others) writeName(writer, name)
  return { names, bytes: writer.done(), order: [...known, ...others] }
}

/** As JSON in UTF-8: halves of characters survive. */
const writeName = (writer: ByteWriter, name: string): void => {
  const bytes = new TextEncoder().encode(JSON.stringify(name).slice(1, -1))
  writer.whole(bytes.length)
  writer.bytes(bytes)
}

/** In the order of the set that was written; throws a `RangeError` where they cannot be. */
export const readNames = (reader: ByteReader): readonly string[] => {
  const names: string[] = []
  let hasOthers = false
  let rest = reader.whole()
  for (let bit = 1; rest > 0; bit++, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 0) continue
    if (bit === OTHERS) hasOthers = true
    else names.push(nameOfBit(bit))
  }
  if (!hasOthers) return names
  const count = reader.whole()
  for (let index = 0; index < count; index++) names.push(readName(reader))
  if (new Set(names).size < names.length) throw new RangeError('a value is there twice')
  return names
}

const readName = (reader: ByteReader): string => {
  try {
    return JSON.parse(`"${new TextDecoder('utf-8', { ignoreBOM: true }).decode(reader.bytes(reader.whole()))}"`) as string
  } catch (thrown) {
    if (thrown instanceof RangeError) throw thrown
    throw new RangeError('a name cannot be')
  }
}
