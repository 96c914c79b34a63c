import type { IndexValue } from '@sightline/core/driver'
import { escapeText } from '../key-text.ts'

/** What each kind of value begins with, in the order of the kinds. */
const tags = { absent: 'A', boolean: 'B', number: 'N', string: 'S', end: 'T' } as const

/** Longer texts are compared by this many bytes in the index: whoever reads by it checks the records themselves. */
const maxTextBytes = 512

/** The values as one text that compares as they do, one after another: absent, false, true, numbers by value, strings by their UTF-8 bytes. */
export const toIndexText = (values: readonly IndexValue[]): string => values.map(toText).join('')

/** The lowest and the highest text that begin as `prefix` does and go on with a present value, of `from` to `to` where given. */
export const indexRange = (
  prefix: string,
  { from, to }: { readonly from?: string | number | undefined; readonly to?: string | number | undefined },
): { readonly lowest: string; readonly highest: string } => ({
  lowest: prefix + (from === undefined ? tags.boolean : toText(from)),
  highest: prefix + (to === undefined ? tags.end : toText(to)),
})

/** The highest text that begins as `prefix` does, whatever follows. */
export const indexEnd = (prefix: string): string => prefix + tags.end

const toText = (value: IndexValue): string => {
  if (value === null) return tags.absent
  if (typeof value === 'boolean') return `${tags.boolean}${value ? 1 : 0}`
  if (typeof value === 'number') return tags.number + numberText(value)
  return `${tags.string}${escapeText(value, maxTextBytes)} `
}

/** IEEE 754 orders as an unsigned integer once positive numbers have the sign bit set and negative ones all bits flipped. */
const numberText = (value: number): string => {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value === 0 ? 0 : value)
  const bits = view.getBigUint64(0)
  const ordered = bits >> 63n === 1n ? ~bits & 0xffff_ffff_ffff_ffffn : bits | 0x8000_0000_0000_0000n
  return ordered.toString(16).padStart(16, '0')
}
