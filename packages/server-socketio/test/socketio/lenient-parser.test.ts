import fc from 'fast-check'
import type { Packet } from 'socket.io-parser'
import { expect, test } from 'vitest'
import { lenientParser, RefusedPayload } from '../../src/socketio/lenient-parser.ts'

const decode = (...pieces: readonly unknown[]): Packet[] => {
  const packets: Packet[] = []
  const decoder = new lenientParser.Decoder()
  decoder.on('decoded', (packet: Packet) => packets.push(packet))
  for (const piece of pieces) decoder.add(piece)
  return packets
}

test('what fits is passed on as Socket.IO’s own decoder has it', () => {
  expect(decode('2["metrics:get",{"source":"us-east"}]')).toEqual([
    { type: 2, nsp: '/', data: ['metrics:get', { source: 'us-east' }] },
  ])
  expect(decode('2/ops,12["call",{}]')).toEqual([{ type: 2, nsp: '/ops', id: 12, data: ['call', {}] }])
  expect(decode('0{"token":"t"}')).toEqual([{ type: 0, nsp: '/', data: { token: 't' } }])
})

test.each([
  ['2["disconnect",{}]', '/', undefined, 'disconnect'],
  ['27["connect_error"]', '/', 7, 'connect_error'],
  ['2/ops,7["newListener",1]', '/ops', 7, 'newListener'],
  ['27{"a":1}', '/', 7, ''],
  ['2[]', '/', undefined, ''],
  ['27["call",{', '/', 7, 'call'],
  ['599-7["call",{}]', '/', 7, 'call'],
])('%s is refused, not cut', (text, nsp, id, name) => {
  const [packet, ...rest] = decode(text)
  expect(rest).toEqual([])
  expect(packet).toMatchObject({ type: 2, nsp, data: [name, expect.any(RefusedPayload)] })
  expect(packet?.id).toBe(id)
})

test('a binary event is refused once its attachments are there, and the next packet is read again', () => {
  const packets = decode('51-3["call",{"_placeholder":true,"num":0}]', Buffer.from('x'), '2["call",{}]')
  expect(packets).toMatchObject([
    { type: 2, id: 3, data: ['call', expect.any(RefusedPayload)] },
    { type: 2, data: ['call', {}] },
  ])
})

test('binary without an event, and packets of no known type, end the connection as ever', () => {
  expect(() => decode(Buffer.from('x'))).toThrow()
  expect(() => decode('9["call"]')).toThrow()
  expect(() => decode({ object: true })).toThrow()
})

test('an event of whatever text is one packet, never an exception', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const packets = decode(`2${text}`)
      expect(packets).toHaveLength(1)
      expect(packets[0]?.data === undefined || Array.isArray(packets[0]?.data)).toBe(true)
    }),
  )
})
