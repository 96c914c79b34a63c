import type { Transport } from '../ports/transport.ts'
import type { Door } from './gateway.ts'

/** The transports that are plugged in, each with its door. */
export interface TransportSet {
  readonly all: ReadonlySet<Transport>
  /** Returns its undo, which closes the transport. */
  add(transport: Transport, door: Door): Promise<(options?: { readonly drainMs?: number }) => Promise<void>>
  close(options: { readonly drainMs: number }): Promise<void>
}

export const createTransportSet = (): TransportSet => {
  const doors = new Map<Transport, Door>()
  const all = new Set<Transport>()

  const remove = async (transport: Transport, drainMs: number): Promise<void> => {
    try {
      await transport.close({ drainMs })
    } finally {
      // Whether or not the transport has told of every session that ended.
      doors.get(transport)?.close()
      doors.delete(transport)
      all.delete(transport)
    }
  }

  return {
    all,
    add: async (transport, door) => {
      all.add(transport)
      doors.set(transport, door)
      try {
        await transport.open(door)
      } catch (thrown) {
        await remove(transport, 0).catch(() => {})
        throw thrown
      }
      return ({ drainMs = 0 } = {}) => remove(transport, drainMs)
    },
    close: async ({ drainMs }) => {
      const closed = await Promise.allSettled([...all].map((transport) => remove(transport, drainMs)))
      for (const outcome of closed) if (outcome.status === 'rejected') throw outcome.reason
    },
  }
}
