import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { decodeContent } from '../../src/http/content-decoding.ts'

const text = Buffer.from(JSON.stringify({ open: 3, text: 'ü'.repeat(500) }))
const codecs: readonly (readonly [encoding: string, compress: (bytes: Buffer) => Buffer])[] = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  [' GZip ', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  // Absent before Node 22.15, and then refused by name.
  ...(zstdCompressSync === undefined ? [] : [['zstd', zstdCompressSync] as const]),
]

describe.each(codecs)('%s', (encoding, compress) => {
  const decode = (bytes: Uint8Array, maxBytes = 1_048_576) => decodeContent(bytes, { encoding, maxBytes, target: 'host:80' })

  it('comes out as it was', async () => {
    expect(Buffer.compare(await decode(compress(text)), text)).toBe(0)
  })

  it('may be exactly as long as the limit, and no longer', async () => {
    expect(await decode(compress(text), text.length)).toHaveLength(text.length)
    await expect(decode(compress(text), text.length - 1)).rejects.toMatchObject({
      code: 'TOO_LARGE',
      message: `The body from host:80 is longer than ${text.length - 1} bytes once decompressed.`,
    })
  })

  it('stops at the limit of a bomb', async () => {
    const bomb = compress(Buffer.alloc(20_000_000))
    const before = process.memoryUsage().arrayBuffers
    await expect(decode(bomb)).rejects.toMatchObject({ code: 'TOO_LARGE' })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000)
  })

  it('that is cut short or broken is told', async () => {
    const whole = compress(text)
    for (const broken of [whole.subarray(0, whole.length - 5), Buffer.concat([Buffer.from([0xff, 0xff, 0xff]), whole])]) {
      await expect(decode(broken)).rejects.toMatchObject({
        code: 'BAD_DOCUMENT',
        message: `The body from host:80 is not valid ${encoding.trim()}.`,
      })
    }
  })

  it('of nothing is nothing', async () => {
    expect(await decode(new Uint8Array(0))).toHaveLength(0)
  })
})

describe('an encoding', () => {
  it.each(['rot13', 'gzip, br', 'constructor', '__proto__'])('%s is refused', async (encoding) => {
    await expect(decodeContent(text, { encoding, maxBytes: 1_000_000, target: 'host:80' })).rejects.toMatchObject({
      code: 'BAD_DOCUMENT',
      message: 'The body from host:80 has a content-encoding that is not supported.',
    })
  })

  it('of identity is none', async () => {
    expect(await decodeContent(text, { encoding: 'identity', maxBytes: 1, target: 'host:80' })).toBe(text)
  })
})
