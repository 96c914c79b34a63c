import { SightlineError } from '../errors.ts'
import type { Scope } from '../ports/identity.ts'
import type { SnapshotKey } from '../ports/snapshots.ts'

/** @throws `INVALID_INPUT` for a name that is not well-formed Unicode: UTF-8 has one form for all such names. */
export const checkName = (what: string, name: string): void => {
  if (typeof name !== 'string' || /\p{Surrogate}/u.test(name)) {
    throw new SightlineError('INVALID_INPUT', `${what} is not well-formed Unicode.`)
  }
}

/** @throws `INVALID_INPUT` where a part of the key is not well-formed Unicode. */
export const checkKey = ({ team, api, region }: SnapshotKey): void => {
  checkName('team', team)
  checkName('api', api)
  checkName('region', region)
}

/** @throws `INVALID_INPUT` for a limit that is not a whole number of at least 1. */
export const checkLimit = (limit: number): void => {
  if (!Number.isInteger(limit) || limit < 1) {
    throw new SightlineError('INVALID_INPUT', `limit must be a whole number of at least 1, not ${limit}.`)
  }
}

/** @throws `INVALID_INPUT` for what is not a finite number. `what` begins the sentence. */
export const checkNumber = (what: string, value: number): void => {
  if (!Number.isFinite(value)) throw new SightlineError('INVALID_INPUT', `${what} must be a finite number, not ${value}.`)
}

/** @throws `INVALID_INPUT` for a fence that is not a number of at least 0. */
export const checkFence = (fence: number): void => {
  if (!(Number.isFinite(fence) && fence >= 0)) {
    throw new SightlineError('INVALID_INPUT', `A fence must be a number of at least 0, not ${fence}.`)
  }
}

/** The team of a scope, null for all of them. */
export const teamOf = (scope: Scope): string | null => (scope === 'system' ? null : scope.team)

/** May a reader of that scope see the team's records? */
export const isWithin = (scope: Scope, team: string): boolean => scope === 'system' || scope.team === team

/** One string for several, so that no two lists of strings share one. */
export const tupleKey = (...parts: readonly string[]): string => {
  let lengths = ''
  for (const part of parts) lengths += `${part.length}:`
  return lengths + parts.join('')
}
