import { describe, expect, it } from 'vitest'
import { BodyBuffer } from '../../src/http/body-buffer.ts'

const count = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index % 251)

describe('a body', () => {
  it('in one piece is not copied', () => {
    const body = new BodyBuffer(100)
    const piece = count(100)
    expect(body.append(piece)).toBe(true)
    expect(body.bytes()).toBe(piece)
  })

  it('of nothing is empty', () => {
    expect(new BodyBuffer(10).bytes()).toHaveLength(0)
  })

  it.each([1, 2, 7, 1_000, 16_383, 16_384, 16_385, 65_536])('in pieces of %i bytes comes out whole', (size) => {
    const whole = count(150_000)
    const body = new BodyBuffer(150_000)
    for (let at = 0; at < whole.length; at += size) body.append(whole.subarray(at, at + size))
    expect(body.length).toBe(150_000)
    expect(Buffer.compare(body.bytes(), whole)).toBe(0)
  })

  it('does not write into the piece it was given', () => {
    const shared = count(8)
    const body = new BodyBuffer(100)
    body.append(shared.subarray(0, 4))
    body.append(Uint8Array.of(255, 255))
    expect([...shared]).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect([...body.bytes()]).toEqual([0, 1, 2, 3, 255, 255])
  })

  it.each([[[11]], [[10, 1]], [[1, 1, 9]]])('past the limit of 10 is refused: %j', (sizes) => {
    const body = new BodyBuffer(10)
    expect(sizes.map((size) => body.append(count(size))).at(-1)).toBe(false)
    expect(body.length).toBeLessThanOrEqual(10)
  })

  it('in a million single bytes takes no more than twice its length', () => {
    const body = new BodyBuffer(1_048_576)
    const piece = Uint8Array.of(7)
    for (let taken = 0; taken < 1_048_576; taken++) body.append(piece)
    expect(body.append(piece)).toBe(false)
    expect(body.bytes().buffer.byteLength).toBeLessThanOrEqual(2 * 1_048_576)
    expect(body.bytes().every((byte) => byte === 7)).toBe(true)
  })
})
