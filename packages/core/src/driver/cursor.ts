import { SightlineError } from '../errors.ts'
import type { Page } from '../ports/identity.ts'

/** Where a page ended: what the listing orders by, of its last item. `null` stands for an absent field. */
export type Position = readonly (string | number | boolean | null)[]

/**
 * A cursor names its listing and carries a checksum, so that one of another listing, or one that was cut or changed, is recognised.
 *
 * @example
 * toCursor('heads red', ['orders/eu-west'])
 */
export const toCursor = (listing: string, position: Position): string => {
  const text = JSON.stringify(position)
  return `${encodeURIComponent(text)}.${checksum(`${listing}\n${text}`)}`
}

/**
 * The position a cursor names, null without one.
 *
 * @throws `INVALID_INPUT` where this listing did not make it.
 */
export const fromCursor = <P extends Position = Position>(listing: string, cursor: string | undefined): P | null => {
  if (cursor === undefined) return null
  // The checksum is the last part: an encoded position may hold dots of its own.
  const end = cursor.lastIndexOf('.')
  const text = decode(cursor.slice(0, Math.max(0, end)))
  if (text === null || cursor.slice(end + 1) !== checksum(`${listing}\n${text}`)) {
    throw new SightlineError('INVALID_INPUT', 'The cursor is not one of this listing.')
  }
  return JSON.parse(text) as P
}

/** Cuts a page off `candidates`, of which one more than the limit was asked for. */
export const toPage = <T>(candidates: readonly T[], limit: number, cursorOf: (last: T) => string): Page<T> => {
  if (candidates.length <= limit) return { items: candidates, next: null }
  const items = candidates.slice(0, limit)
  return { items, next: cursorOf(items[limit - 1] as T) }
}

const decode = (encoded: string): string | null => {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return null
  }
}

/** FNV-1a, 32 bit: enough to tell a cursor of another listing, not meant to withstand forgery. */
const checksum = (text: string): string => {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return (hash >>> 0).toString(36)
}
