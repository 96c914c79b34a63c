import { Encoder, PacketType } from 'socket.io-parser'
import { expect, test } from 'vitest'
import { encodeEvent } from '../../src/socketio/encoded-event.ts'

/** Reads an unmasked text frame as RFC 6455 has it. */
const readFrame = (frame: Buffer): string => {
  expect(frame[0]).toBe(0x81)
  const short = frame[1] ?? 0
  expect(short & 0x80).toBe(0)
  const [length, start] =
    short < 126 ? [short, 2] : short === 126 ? [frame.readUInt16BE(2), 4] : [Number(frame.readBigUInt64BE(2)), 10]
  expect(frame.length).toBe(start + length)
  return frame.toString('utf8', start)
}

test.each([0, 1, 100, 107, 108, 109, 65_515, 65_516, 65_517, 200_000])('a payload of %i characters', (length) => {
  const payload = { text: 'x'.repeat(length) }
  const event = encodeEvent('/', 'update', payload)
  expect(event.text).toBe(new Encoder().encode({ type: PacketType.EVENT, nsp: '/', data: ['update', payload] })[0])
  expect(event.options.wsPreEncodedFrame).toHaveLength(1)
  expect(readFrame(event.options.wsPreEncodedFrame[0] ?? Buffer.alloc(0))).toBe(`4${event.text}`)
  expect(event.bytes).toBe(event.options.wsPreEncodedFrame[0]?.length)
})

test('text outside ASCII is counted in bytes', () => {
  const event = encodeEvent('/', 'update', { text: 'ü€𝄞\ud800'.repeat(40) })
  expect(readFrame(event.options.wsPreEncodedFrame[0] ?? Buffer.alloc(0))).toBe(`4${event.text}`)
})

test('another namespace is named', () => {
  const event = encodeEvent('/ops', 'update', {})
  expect(event.text).toBe(new Encoder().encode({ type: PacketType.EVENT, nsp: '/ops', data: ['update', {}] })[0])
})
