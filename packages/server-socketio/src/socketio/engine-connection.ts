import type { Socket as EngineSocket } from 'engine.io'
import type { EncodedEvent } from './encoded-event.ts'

/** The parts of an Engine.IO connection that its declarations keep private; everything that leans on them stands in this file. */
interface EngineInternals {
  readonly writeBuffer: readonly { readonly data?: unknown }[]
  readonly transport: {
    readonly name: string
    readonly writable: boolean
    readonly socket?: { readonly bufferedAmount: number; terminate(): void }
    /** Of long polling: set while it waits for one more poll to say that it is over. */
    readonly shouldClose?: (() => void) | null
  }
}

// A class and an interface with the same private names do not overlap for the compiler.
const inside = (connection: EngineSocket): EngineInternals => connection as unknown as EngineInternals

/** Packets not yet handed to the network. */
export const queuedPackets = (connection: EngineSocket): number => inside(connection).writeBuffer.length

/** Bytes of the packet queued last, nearly: characters are counted. */
export const lastQueuedBytes = (connection: EngineSocket): number => {
  const data = inside(connection).writeBuffer.at(-1)?.data
  return typeof data === 'string' ? data.length : 0
}

/** Bytes given to the network that it has not taken. */
export const unsentBytes = (connection: EngineSocket): number => inside(connection).transport.socket?.bufferedAmount ?? 0

export const isPolling = (connection: EngineSocket): boolean => inside(connection).transport.name === 'polling'

/** Nothing is queued here, and the network has taken everything. */
export const isIdle = (connection: EngineSocket): boolean =>
  queuedPackets(connection) === 0 && inside(connection).transport.writable

export const writeEncoded = (connection: EngineSocket, { text, options }: EncodedEvent): void => {
  connection.write(text, options as { compress: boolean })
}

/** Ends the connection without waiting for the other side. */
export const terminate = (connection: EngineSocket): void => {
  const { socket, shouldClose } = inside(connection).transport
  if (socket !== undefined) socket.terminate()
  else if (typeof shouldClose === 'function') shouldClose()
  else connection.close(true)
}
