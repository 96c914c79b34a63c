import { SightlineError } from '../errors.ts'
import type { Scope } from '../ports/identity.ts'

/** One string for several, so that no two lists of strings share one. */
export const tupleKey = (...parts: readonly string[]): string => JSON.stringify(parts)

/** Throws `INVALID_INPUT` for a name that is not well-formed Unicode: UTF-8 has one form for all such names. */
export const checkName = (what: string, name: string): void => {
  if (/\p{Surrogate}/u.test(name)) throw new SightlineError('INVALID_INPUT', `${what} is not well-formed Unicode.`)
}

/** May a reader of that scope see the team's records? */
export const isWithin = (scope: Scope, team: string): boolean => scope === 'system' || scope.team === team
