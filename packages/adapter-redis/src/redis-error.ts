import { SightlineError } from '@sightline/core'

/** What a command failed with, as one of Sightline's errors. `what` names the part: `The Redis cache`. */
export const toRedisError = (what: string, thrown: unknown): SightlineError => {
  if (thrown instanceof SightlineError) return thrown
  // A transaction is refused for the sake of one of its commands.
  if (thrown instanceof Error && 'previousErrors' in thrown && Array.isArray(thrown.previousErrors) && thrown.previousErrors[0])
    return toRedisError(what, thrown.previousErrors[0])
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  if (/^(OOM|MISCONF|READONLY|LOADING|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|BUSY)\b/.test(message))
    return new SightlineError('UNAVAILABLE', `${what} is refused by the server for now.`, { cause: thrown })
  if (/^(NOAUTH|WRONGPASS|NOPERM)\b/.test(message))
    return new SightlineError('UNAVAILABLE', `${what} has no permission on the server; check its user and password.`, {
      cause: thrown,
    })
  if (/^(WRONGTYPE|ERR)\b/.test(message))
    return new SightlineError('INTERNAL', `${what} got an answer that it does not understand; it needs Redis 7 or Valkey.`, {
      cause: thrown,
    })
  return new SightlineError('UNAVAILABLE', `${what} cannot reach its server${reasonOf(thrown)}.`, { cause: thrown })
}

/** What the system calls it: `ECONNREFUSED`, `ENOTFOUND`. */
const reasonOf = (thrown: unknown): string => {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  return /^E[A-Z_]+$/.test(code) ? ` (${code})` : ''
}
