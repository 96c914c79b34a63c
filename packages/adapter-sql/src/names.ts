import type { Scope } from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'

/** @throws `INVALID_INPUT` for a name that is not well-formed Unicode: UTF-8 has one form for all such names. */
export const checkName = (what: string, name: string): void => {
  if (typeof name !== 'string' || /\p{Surrogate}/u.test(name)) {
    throw new SightlineError('INVALID_INPUT', `${what} is not well-formed Unicode.`)
  }
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

/** The team of a scope, null for all of them. */
export const teamOf = (scope: Scope): string | null => (scope === 'system' ? null : scope.team)

/** One string for several, so that no two lists of strings share one. */
export const tupleKey = (...parts: readonly string[]): string => {
  let lengths = ''
  for (const part of parts) lengths += `${part.length}:`
  return lengths + parts.join('')
}
