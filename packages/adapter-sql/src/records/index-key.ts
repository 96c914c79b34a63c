import type { IndexValue } from '@sightline/core/driver'
import { toStoredText } from '../stored-text.ts'

/** What each kind of value begins with, in the order of the kinds. */
const tags = { absent: 0, boolean: 1, number: 2, string: 3, end: 4 } as const

/**
 * Longer texts are compared by this many bytes in the index (PostgreSQL's takes no row over 2,700): whoever reads by it checks the records
 * themselves, and among equal beginnings the order is by id.
 */
const maxTextBytes = 512

/**
 * The values as bytes that compare as the values do, one after another: absent, then false and true, numbers by value, strings by their
 * UTF-8 bytes. The idea is that of FoundationDB's tuple layer.
 */
export const toIndexKey = (values: readonly IndexValue[]): Uint8Array => concat(values.map(toBytes))

/** The lowest and the highest key that begin as `prefix` does and go on with a present value, of `from` to `to` where given. */
export const indexRange = (
  prefix: Uint8Array,
  { from, to }: { readonly from?: string | number | undefined; readonly to?: string | number | undefined },
): { readonly lowest: Uint8Array; readonly highest: Uint8Array } => ({
  lowest: concat([prefix, from === undefined ? Uint8Array.of(tags.boolean) : toBytes(from)]),
  highest: concat([prefix, to === undefined ? Uint8Array.of(tags.end) : toBytes(to)]),
})

/** The highest key that begins as `prefix` does, whatever follows. */
export const indexEnd = (prefix: Uint8Array): Uint8Array => concat([prefix, Uint8Array.of(tags.end)])

const toBytes = (value: IndexValue): Uint8Array => {
  if (value === null) return Uint8Array.of(tags.absent)
  if (typeof value === 'boolean') return Uint8Array.of(tags.boolean, value ? 1 : 0)
  if (typeof value === 'number') return numberBytes(value)
  // Stored text holds no NUL byte, so that one can end it: it is less than whatever would go on.
  const text = Buffer.from(toStoredText(value)).subarray(0, maxTextBytes)
  return concat([Uint8Array.of(tags.string), text, Uint8Array.of(0)])
}

/** IEEE 754 orders as unsigned bytes once positive numbers have the sign bit set and negative ones all bits flipped. */
const numberBytes = (value: number): Uint8Array => {
  const bytes = Buffer.alloc(9)
  bytes[0] = tags.number
  bytes.writeDoubleBE(value === 0 ? 0 : value, 1)
  const isNegative = value < 0
  for (let index = 1; index < 9; index++) {
    const byte = bytes[index] as number
    bytes[index] = isNegative ? byte ^ 0xff : index === 1 ? byte | 0x80 : byte
  }
  return bytes
}

const concat = (parts: readonly Uint8Array[]): Uint8Array => {
  const joined = Buffer.concat(parts)
  return new Uint8Array(joined.buffer, joined.byteOffset, joined.length)
}
