import { SightlineError } from '../errors.ts'
import type { Access, AccessRequest, Credentials, Principal } from '../ports/access.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'

/** Core's way to the access port: what fails there is a no, and a no is a typed error. Every promise rejects with `TIMEOUT` in time. */
export interface Authority {
  readonly policy: string
  /** Rejects with `UNAUTHENTICATED`. */
  authenticate(credentials: Credentials): Promise<Principal | null>
  allows(request: AccessRequest): Promise<boolean>
  /** Rejects with `FORBIDDEN`. */
  demand(request: AccessRequest): Promise<void>
}

export interface AuthorityOptions {
  readonly access: Access
  readonly logger: Logger
  readonly clock: Clock
}

/** A login service that does not answer must not keep who asks for ever. */
const ANSWER_WITHIN_MS = 10_000

const isTimeout = (thrown: unknown): boolean => thrown instanceof SightlineError && thrown.code === 'TIMEOUT'

export const createAuthority = ({ access, logger, clock }: AuthorityOptions): Authority => {
  const inTime = <T>(answer: T | Promise<T>, about: object): Promise<T> =>
    new Promise((resolve, reject) => {
      const cancel = clock.setTimer(ANSWER_WITHIN_MS, () => {
        logger.error({ ...about, afterMs: ANSWER_WITHIN_MS }, 'The access policy did not answer; the request is refused.')
        reject(new SightlineError('TIMEOUT', `The access policy did not answer within ${ANSWER_WITHIN_MS} ms.`))
      })
      Promise.resolve(answer).then(resolve, reject).finally(cancel)
    })

  const allows = async (request: AccessRequest): Promise<boolean> => {
    try {
      const answer = access.allows(request)
      // Most policies know at once, and a timer for each would cost more than the answer.
      return (typeof answer === 'boolean' ? answer : await inTime(answer, { permission: request.permission })) === true
    } catch (thrown) {
      if (isTimeout(thrown)) throw thrown
      logger.error({ permission: request.permission, error: String(thrown) }, 'The access policy failed; the request is refused.')
      return false
    }
  }

  return {
    policy: access.policy,
    authenticate: async (credentials) => {
      try {
        return await inTime(access.authenticate(credentials), { credentials: 'shown' })
      } catch (cause) {
        if (isTimeout(cause)) throw cause
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
