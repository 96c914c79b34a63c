import type { Client, ConnectionState, Contract } from '@sightline/client'
import { useSyncExternalStore } from 'react'

/**
 * How the connection stands, for a banner.
 *
 * @example
 * const { status, error } = useConnection()
 * return status === 'reconnecting' ? <p role="status">Reconnecting … {error?.message}</p> : null
 */
export type UseConnection = () => ConnectionState

// A page from a server is not connected, and first of all renders as it was sent.
const unconnected: ConnectionState = { status: 'idle', error: null }

export const createUseConnection =
  <C extends Contract>(useClient: () => Client<C>): UseConnection =>
  () => {
    const { connection } = useClient()
    return useSyncExternalStore(connection.subscribe, connection.get, () => unconnected)
  }
