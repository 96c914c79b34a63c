import { SightlineError } from '../errors.ts'
import type { Access, AccessRequest, Credentials, Principal } from '../ports/access.ts'
import type { Logger } from '../ports/logger.ts'

/** Core's way to the access port: what fails there is a no, and a no is a typed error. */
export interface Authority {
  readonly policy: string
  /** Rejects with `UNAUTHENTICATED`. */
  authenticate(credentials: Credentials): Promise<Principal | null>
  allows(request: AccessRequest): Promise<boolean>
  /** Rejects with `FORBIDDEN`. */
  demand(request: AccessRequest): Promise<void>
}

export const createAuthority = ({ access, logger }: { readonly access: Access; readonly logger: Logger }): Authority => {
  const allows = async (request: AccessRequest): Promise<boolean> => {
    try {
      return (await access.allows(request)) === true
    } catch (thrown) {
      logger.error({ permission: request.permission, error: String(thrown) }, 'The access policy failed; the request is refused.')
      return false
    }
  }

  return {
    policy: access.policy,
    authenticate: async (credentials) => {
      try {
        return await access.authenticate(credentials)
      } catch (cause) {
        throw new SightlineError('UNAUTHENTICATED', 'The credentials were not accepted.', { cause })
      }
    },
    allows,
    demand: async (request) => {
      if (await allows(request)) return
      throw new SightlineError('FORBIDDEN', `This needs the permission ${JSON.stringify(request.permission)}.`)
    },
  }
}
