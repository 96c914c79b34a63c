/**
 * How far a stream has been read. Ids are `<generation>-<number>`: the numbers of a generation are dense, so that what was cut off unread
 * shows as a hole; a new generation begins where the stream was found missing.
 */
export interface StreamCursor {
  readonly generation: string
  readonly number: number
}

/** Before everything: a generation begins with number 0. */
export const streamStart: StreamCursor = { generation: '0', number: -1 }

export const parseStreamId = (id: string): StreamCursor => {
  const [generation = '0', number = '0'] = id.split('-')
  return { generation, number: Number(number) }
}

export const toStreamId = ({ generation, number }: StreamCursor): string => `${generation}-${Math.max(number, 0)}`

/** What may be missing between two entries that were read one after the other; null for nothing. */
export const detectGap = (last: StreamCursor, next: StreamCursor): string | null => {
  if (last.generation !== next.generation) {
    // A stream that was not there yet when the reader came begins in front of it.
    return last.generation === streamStart.generation && next.number === 0 ? null : 'the stream was lost and began anew'
  }
  const missing = next.number - last.number - 1
  return missing > 0 ? `${missing} events were cut off before they were read` : null
}

/** Does the stream end before what was read of it? Then it is not the stream that was read. */
export const isBehind = (end: StreamCursor, read: StreamCursor): boolean => {
  const [a, b] = [BigInt(end.generation), BigInt(read.generation)]
  return a < b || (a === b && end.number < read.number)
}
