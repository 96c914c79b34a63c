import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import { SightlineError } from '@sightline/core'

const gunzip = promisify(zlib.gunzip)
const inflate = promisify(zlib.inflate)
const inflateRaw = promisify(zlib.inflateRaw)
const brotliDecompress = promisify(zlib.brotliDecompress)

/**
 * The body without its `content-encoding`. Ends at `maxBytes` of output, however much more there would be.
 *
 * @throws SightlineError `TOO_LARGE` past `maxBytes`, `BAD_DOCUMENT` where the bytes are not in the encoding, or it is unknown.
 */
export const decodeContent = async (
  bytes: Uint8Array,
  { encoding, maxBytes, target }: { readonly encoding: string; readonly maxBytes: number; readonly target: string },
): Promise<Uint8Array> => {
  if (bytes.length === 0) return bytes
  const decode = decoders.get(encoding.trim().toLowerCase())
  if (decode === undefined) {
    throw new SightlineError('BAD_DOCUMENT', `The body from ${target} has a content-encoding that is not supported.`)
  }
  try {
    return await decode(bytes, { maxOutputLength: maxBytes })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
      throw new SightlineError('TOO_LARGE', `The body from ${target} is longer than ${maxBytes} bytes once decompressed.`)
    }
    throw new SightlineError('BAD_DOCUMENT', `The body from ${target} is not valid ${encoding.trim()}.`, { cause: error })
  }
}

type Decode = (bytes: Uint8Array, limit: { readonly maxOutputLength: number }) => Promise<Uint8Array>

// Some servers send raw deflate as `deflate`; the zlib form is told by its header (RFC 1950, section 2.2).
const inflateEither: Decode = (bytes, limit) => {
  const [first = 0, second = 0] = bytes
  const isZlib = (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0
  return isZlib ? inflate(bytes, limit) : inflateRaw(bytes, limit)
}

// A window of 8 MB is the most a sender may use (https://www.rfc-editor.org/rfc/rfc9659); zstd itself would reserve 128 MB.
const unzstd: Decode = (bytes, limit) =>
  promisify(zlib.zstdDecompress)(bytes, { ...limit, params: { [zlib.constants.ZSTD_d_windowLogMax]: 23 } })

const decoders: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ['identity', async (bytes) => bytes],
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  ['deflate', inflateEither],
  ['br', brotliDecompress],
  // Node 22.0 to 22.14 come without it.
  ...(zlib.zstdDecompress === undefined ? [] : [['zstd', unzstd] as const]),
])
