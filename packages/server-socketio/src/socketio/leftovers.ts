import type { Clock } from '@sightline/core/ports'
import type { Socket as EngineSocket } from 'engine.io'

/** Connections whose session left and that stay open: they are let go, unless they join again in time. */
export interface Leftovers {
  add(connection: EngineSocket): void
  /** It joined again. */
  delete(connection: EngineSocket): void
  close(): void
}

export const createLeftovers = ({ clock, afterMs }: { readonly clock: Clock; readonly afterMs: number }): Leftovers => {
  const removals = new Map<EngineSocket, () => void>()

  const remove = (connection: EngineSocket): void => {
    removals.get(connection)?.()
    removals.delete(connection)
  }

  return {
    add: (connection) => {
      if (connection.readyState !== 'open' || removals.has(connection)) return
      const onClose = (): void => remove(connection)
      const cancel = clock.setTimer(afterMs, () => connection.close(true))
      connection.once('close', onClose)
      removals.set(connection, () => {
        cancel()
        connection.off('close', onClose)
      })
    },
    delete: remove,
    close: () => {
      for (const connection of [...removals.keys()]) remove(connection)
    },
  }
}
