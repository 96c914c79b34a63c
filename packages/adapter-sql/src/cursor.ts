import { crc32 } from 'node:zlib'
import { SightlineError } from '@sightline/core/protocol'

/** Where a page ended: what the listing orders by, of its last item. */
export type Position = readonly (string | number)[]

/**
 * A cursor names its listing and carries a checksum, so that one of another listing, or one that was cut or changed, is recognised.
 */
export const toCursor = (listing: string, position: Position): string => {
  const text = JSON.stringify(position)
  return `${Buffer.from(text).toString('base64url')}.${checksum(listing, text)}`
}

/**
 * The position a cursor names, null without one.
 *
 * @throws `INVALID_INPUT` where this listing did not make it.
 */
export const fromCursor = <P extends Position>(listing: string, cursor: string | undefined): P | null => {
  if (cursor === undefined) return null
  const [encoded = '', sum] = cursor.split('.')
  const text = Buffer.from(encoded, 'base64url').toString()
  if (sum !== checksum(listing, text)) throw new SightlineError('INVALID_INPUT', 'The cursor is not one of this listing.')
  return JSON.parse(text) as P
}

/** Cuts a page off `rows`, of which one more than the limit was asked for. */
export const toPageRows = <Row>(
  rows: readonly Row[],
  limit: number,
  cursorOf: (last: Row) => string,
): { readonly rows: readonly Row[]; readonly next: string | null } => {
  if (rows.length <= limit) return { rows, next: null }
  const kept = rows.slice(0, limit)
  return { rows: kept, next: cursorOf(kept[limit - 1] as Row) }
}

const checksum = (listing: string, text: string): string => crc32(`${listing}\n${text}`).toString(36)
