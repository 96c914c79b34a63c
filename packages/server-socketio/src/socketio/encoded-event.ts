/** An event encoded once for any number of connections. */
export interface EncodedEvent {
  /** The Socket.IO packet. */
  readonly text: string
  /** For Engine.IO: not compressed, and the WebSocket frame ready to be written. */
  readonly options: { readonly compress: false; readonly wsPreEncodedFrame: readonly Buffer[] }
  readonly bytes: number
}

/** `4` is Engine.IO's `message`. */
const ENGINE_MESSAGE = '4'
const TEXT_FRAME_FINAL = 0x81
/** Payload lengths up to 125 stand in the second byte; 126 announces 2 bytes of length, 127 announces 8. */
const LENGTH_IN_2_BYTES = 126
const LENGTH_IN_8_BYTES = 127

/**
 * An unmasked text frame in one piece, so that a delivery is one write. RFC 6455, section 5.2.
 */
const webSocketFrame = (payload: string): Buffer => {
  const length = Buffer.byteLength(payload)
  const headerLength = length < LENGTH_IN_2_BYTES ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(headerLength + length)
  frame[0] = TEXT_FRAME_FINAL
  if (headerLength === 2) frame[1] = length
  else if (headerLength === 4) {
    frame[1] = LENGTH_IN_2_BYTES
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = LENGTH_IN_8_BYTES
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  frame.write(payload, headerLength)
  return frame
}

/**
 * A Socket.IO event as the wire has it. Payloads are plain JSON, so that the encoder's search of the whole document for binary parts is
 * left out.
 */
export const encodeEvent = (namespace: string, event: string, payload: unknown): EncodedEvent => {
  const prefix = namespace === '/' ? '2' : `2${namespace},`
  const text = `${prefix}${JSON.stringify([event, payload])}`
  const frame = webSocketFrame(ENGINE_MESSAGE + text)
  return { text, options: { compress: false, wsPreEncodedFrame: [frame] }, bytes: frame.length }
}
