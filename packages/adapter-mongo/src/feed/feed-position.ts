import { SightlineError } from '@sightline/core/protocol'

/** Where the feed of one collection is: a stream's token, or a time by the server's clock. */
export type FeedPosition = { readonly token: unknown } | { readonly at: number }

/** One text for the positions of all collections. */
export const toPositionText = (positions: ReadonlyMap<string, FeedPosition>): string =>
  `mongo:${encodeURIComponent(JSON.stringify(Object.fromEntries(positions)))}`

/** @throws `INVALID_INPUT` for what `toPositionText` did not make. */
export const fromPositionText = (text: string): ReadonlyMap<string, FeedPosition> => {
  try {
    if (!text.startsWith('mongo:')) throw new Error('another feed')
    const parsed = JSON.parse(decodeURIComponent(text.slice('mongo:'.length))) as Record<string, FeedPosition>
    return new Map(Object.entries(parsed))
  } catch (cause) {
    throw new SightlineError('INVALID_INPUT', 'The position is not one of this feed.', { cause })
  }
}
