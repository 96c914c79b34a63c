import type { Session } from '../session.ts'
import type { Auth } from './socket-transport.ts'

/** What makes two clients the same to a server. `auth` by identity: two functions are two users. */
export interface SocketIdentity {
  readonly url: string
  readonly path: string | undefined
  readonly auth: Auth | undefined
}

/** Sessions in use, so that clients of one server and one user share one socket and what came over it. */
export interface SharedSockets {
  /** The session of this identity, made where there is none. `release` (idempotent) closes it after its last user. */
  acquire(identity: SocketIdentity, create: () => Session): { readonly session: Session; readonly release: () => void }
}

/**
 * Sockets to share among some clients and no others: for tests, and for a page whose parts must not know of each other.
 *
 * @example
 * const sockets = createSharedSockets()
 * const clients = ['/a', '/b'].map((url) => createClient({ url, sockets }))
 */
export const createSharedSockets = (): SharedSockets => {
  const shared = new Set<{ readonly identity: SocketIdentity; readonly session: Session; users: number }>()
  return {
    acquire: ({ url, path, auth }, create) => {
      const known = [...shared].find(({ identity }) => identity.url === url && identity.path === path && identity.auth === auth)
      const entry = known ?? { identity: { url, path, auth }, session: create(), users: 0 }
      shared.add(entry)
      entry.users++
      let isReleased = false
      return {
        session: entry.session,
        release: () => {
          if (isReleased) return
          isReleased = true
          if (--entry.users > 0) return
          shared.delete(entry)
          entry.session.connection.close()
        },
      }
    },
  }
}

/** The page's own: what `createClient` uses unless it is given others. */
export const sharedSockets: SharedSockets = createSharedSockets()
