import { SightlineError } from '../errors.ts'
import type { Page, PageRequest } from '../ports/identity.ts'

/** Where a page ended: what the listing orders by, of its last item. `null` stands for an absent field. */
export type Position = readonly (string | number | boolean | null)[]

/** A cursor names its listing, so that one of another listing is recognised as foreign. */
export const toCursor = (listing: string, position: Position): string =>
  `${listing}:${encodeURIComponent(JSON.stringify(position))}`

/** The position a cursor names, null without one. Throws `INVALID_INPUT` where this listing did not make it. */
export const fromCursor = (listing: string, cursor: string | undefined, length: number): Position | null => {
  if (cursor === undefined) return null
  const position = cursor.startsWith(`${listing}:`) ? parsePosition(cursor.slice(listing.length + 1)) : null
  if (position?.length !== length)
    throw new SightlineError('INVALID_INPUT', `The cursor is not one of this listing (${listing}).`)
  return position
}

/** Throws `INVALID_INPUT` for a limit that is not a whole number of at least 1. */
export const checkLimit = (limit: number): void => {
  if (!Number.isInteger(limit) || limit < 1)
    throw new SightlineError('INVALID_INPUT', `limit must be a whole number of at least 1, not ${limit}.`)
}

/** Cuts a page off `candidates`, which start after the cursor. */
export const toPage = <T>(
  candidates: readonly T[],
  { limit }: Pick<PageRequest, 'limit'>,
  cursorOf: (last: T) => string,
): Page<T> => {
  const items = candidates.slice(0, limit)
  const last = items.at(-1)
  return { items, next: last === undefined || candidates.length <= limit ? null : cursorOf(last) }
}

const parsePosition = (encoded: string): Position | null => {
  try {
    const position: unknown = JSON.parse(decodeURIComponent(encoded))
    return Array.isArray(position) ? position : null
  } catch {
    return null
  }
}
