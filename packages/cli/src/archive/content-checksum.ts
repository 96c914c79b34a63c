import { createHash } from 'node:crypto'
import type { ContentLine, LineCounts } from './archive-line.ts'

/** Sums up content in any order: two stores with the same content have the same checksum, whatever order they list it in. */
export interface ContentChecksum {
  add(line: ContentLine): void
  readonly counts: LineCounts
  /** Hex. */
  readonly text: string
}

const MODULUS = 1n << 256n

/**
 * A checksum of a set of lines: the sum of their SHA-256, modulo 2^256. Against accidents, not against forgery.
 *
 * @param from where an earlier run stopped
 */
export const contentChecksum = (from?: { readonly counts: LineCounts; readonly text: string }): ContentChecksum => {
  const counts: Partial<Record<ContentLine['kind'], number>> = { ...from?.counts }
  let sum = from === undefined ? 0n : BigInt(`0x${from.text}`)
  return {
    add: (line) => {
      counts[line.kind] = (counts[line.kind] ?? 0) + 1
      sum = (sum + BigInt(`0x${digestOf(line)}`)) % MODULUS
    },
    get counts() {
      return { ...counts }
    },
    get text() {
      return sum.toString(16).padStart(64, '0')
    },
  }
}

/** SHA-256 of a line, in hex: the same for the same content, whatever storage it was read from. */
export const digestOf = (line: ContentLine): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted(significant(line))))
    .digest('hex')

/** Fences count changes of owner, which go on while content stays the same. */
const significant = (line: ContentLine): object => (line.kind === 'snapshot' ? { ...line, fence: 0 } : line)

/** With the keys of every object in one order: a storage need not keep that of a record's value. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, each]) => [name, sorted(each)])
}
