import { EventEmitter } from 'node:events'
import { Decoder, Encoder, type Packet, PacketType, protocol } from 'socket.io-parser'

/** Stands in the place of a payload that could not be taken; JSON cannot make one. */
export class RefusedPayload {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

const MAX_ATTACHMENTS = 4
/** `2["event",…]`, `5<attachments>-…` for binary ones, each with an optional namespace and acknowledgement id. */
const EVENT_PACKET = /^(?:2|5\d*-)(?:(\/[^,[]*),)?(\d{0,15})(.*)$/s
const EVENT_NAME = /^\s*\[\s*"([^"\\]{0,128})"/
const ATTACHMENTS = /^5(\d+)-/

/** Where the decoder notes how long the message of an event was; JSON cannot make one. */
const BYTES = Symbol('bytes')

/** How many bytes an event had on the wire, nearly: characters are counted. 0 for what no decoder of ours read. */
export const wireBytesOf = (event: readonly unknown[]): number => (event as { readonly [BYTES]?: number })[BYTES] ?? 0

const isEvent = ({ type }: Packet): boolean => type === PacketType.EVENT || type === PacketType.BINARY_EVENT

const toRefused = (text: string, reason: string): Packet | null => {
  const match = EVENT_PACKET.exec(text)
  if (match === null) return null
  const [, nsp = '/', id = '', body = ''] = match
  const name = EVENT_NAME.exec(body)?.[1] ?? ''
  return { type: PacketType.EVENT, nsp, data: [name, new RefusedPayload(reason)], ...(id === '' ? {} : { id: Number(id) }) }
}

/**
 * Socket.IO's decoder cuts the connection of whoever sends an event it does not like: a reserved name (`disconnect`), broken JSON,
 * too many attachments. This one passes such an event on, its payload refused, so that the sender is told and stays.
 */
class LenientDecoder extends EventEmitter {
  readonly #decoder = new Decoder({ maxAttachments: MAX_ATTACHMENTS })
  /** The event whose attachments are being read. */
  #binary: string | null = null
  #bytes = 0
  /** Attachments of a refused event that are still to come. */
  #unwanted = 0

  constructor() {
    super()
    this.#decoder.on('decoded', (packet) => {
      const text = this.#binary
      this.#binary = null
      this.#pass((text !== null && isEvent(packet) && toRefused(text, 'Binary payloads are not taken.')) || packet)
    })
  }

  add(data: unknown): void {
    if (typeof data === 'string') this.#begin(data)
    else if (this.#unwanted > 0) {
      this.#unwanted--
      return
    }
    const text = typeof data === 'string' ? data : this.#binary
    try {
      this.#decoder.add(data)
    } catch (error) {
      const refused = text === null ? null : toRefused(text, 'This is not an event of the protocol.')
      if (refused === null) throw error
      this.#binary = null
      this.#unwanted = typeof data === 'string' ? Number(ATTACHMENTS.exec(data)?.[1] ?? 0) : 0
      this.#decoder.destroy()
      this.#pass(refused)
    }
  }

  destroy(): void {
    this.#decoder.destroy()
  }

  #begin(text: string): void {
    this.#binary = text.startsWith('5') ? text : null
    this.#bytes = text.length
    this.#unwanted = 0
  }

  #pass(packet: Packet): void {
    if (Array.isArray(packet.data)) Object.defineProperty(packet.data, BYTES, { value: this.#bytes })
    this.emit('decoded', packet)
  }
}

/** For Socket.IO's `parser` option. */
export const lenientParser = { protocol, PacketType, Encoder, Decoder: LenientDecoder }
