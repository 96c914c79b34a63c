import type { AccessOptions } from '../options.ts'
import type { Access } from '../ports/access.ts'

/**
 * Everybody may do everything: for a machine of one's own, or behind a door that somebody else guards. `/info` and one log line say so.
 *
 * @example createSightline({ access: allowAll(), apis })
 */
export const allowAll = (): Access => ({
  policy: 'allow-all',
  authenticate: async () => null,
  allows: () => true,
})

/** Nobody may do anything: what holds where no policy was chosen. */
export const denyAll = (): Access => ({
  policy: 'deny-all',
  authenticate: async () => null,
  allows: () => false,
})

/** The host's own login: signed in, one may do what one of one's roles names (`*` names everything) in a team of one's own. */
export const toAccess = (options: Access | AccessOptions | undefined): Access => {
  if (options === undefined) return denyAll()
  if ('policy' in options) return options
  const { authenticate, allows } = options
  return {
    policy: 'custom',
    authenticate: async (credentials) => authenticate(credentials),
    allows:
      allows ??
      (({ principal, permission, team }) =>
        principal !== null &&
        isOwnTeam(principal.teams, team) &&
        principal.roles.some((role) => role === permission || role === '*')),
  }
}

const isOwnTeam = (teams: readonly string[], team: string): boolean =>
  teams.length === 0 ? team === 'default' : teams.includes(team)
