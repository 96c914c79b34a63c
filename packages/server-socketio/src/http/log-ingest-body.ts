import { pipeline, Transform } from 'node:stream'
import { createGunzip, createInflate } from 'node:zlib'
import { SightlineError } from '@sightline/core'
import type { Request } from 'express'

/** The body is longer than it may be, as sent or decompressed. */
export class BodyTooLong extends Error {}

const count = (maxBytes: number): Transform => {
  let bytes = 0
  return new Transform({
    transform: (piece: Buffer, _encoding, done) => {
      bytes += piece.length
      if (bytes > maxBytes) done(new BodyTooLong())
      else done(null, piece)
    },
  })
}

const decompressorOf = (encoding: string) => {
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip()
  return encoding === 'deflate' ? createInflate() : null
}

/**
 * The bytes of a body, decompressed, as they come: who reads slowly slows the sender down. Rejects with `BodyTooLong`, or with
 * `INVALID_INPUT` for what does not decompress; an encoding that is not known is answered 415.
 */
export async function* decodedBody(request: Request, { maxBytes }: { readonly maxBytes: number }): AsyncGenerator<Buffer> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  const decompressor = decompressorOf(encoding)
  if (decompressor === null && encoding !== 'identity') throw Object.assign(new Error('unknown encoding'), { status: 415 })
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw new BodyTooLong()
  const counted = count(maxBytes)
  const settled = (): void => {}
  // The request itself is left open where the rest fails: it is still to be answered.
  if (decompressor === null) request.pipe(counted)
  else pipeline(request.pipe(count(maxBytes)), decompressor, counted, settled)
  const cut = (): void => void counted.destroy(new SightlineError('ABORTED', 'The client gave up.'))
  request.once('aborted', cut)
  try {
    for await (const piece of counted) yield piece as Buffer
  } catch (thrown) {
    if (thrown instanceof BodyTooLong || thrown instanceof SightlineError) throw thrown
    throw new SightlineError('INVALID_INPUT', 'The body could not be decompressed.', { cause: thrown })
  } finally {
    request.off('aborted', cut)
    request.unpipe()
    request.resume()
  }
}
