import { type ErrorCode, SightlineError } from '@sightline/core'

/** What Node's sockets, resolvers and TLS say with a code, in words; null for a code that is none of theirs. */
export const describeSocketFault = (code: string, target: string): readonly [ErrorCode, string] | null => {
  switch (code) {
    case 'ECONNREFUSED':
      return ['UNAVAILABLE', `Connection refused by ${target}.`]
    case 'ENOTFOUND':
      return ['UNAVAILABLE', `The host name of ${target} was not found.`]
    case 'EAI_AGAIN':
      return ['UNAVAILABLE', `The host name of ${target} cannot be looked up at present.`]
    case 'ETIMEDOUT':
      return ['TIMEOUT', `The connection to ${target} timed out.`]
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOBUFS':
      return ['UNAVAILABLE', `This process has no socket left to reach ${target} (${code}).`]
    case 'CERT_HAS_EXPIRED':
      return ['UNAVAILABLE', `The TLS certificate of ${target} has expired.`]
    case 'CERT_NOT_YET_VALID':
      return ['UNAVAILABLE', `The TLS certificate of ${target} is not valid yet.`]
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return ['UNAVAILABLE', `The TLS certificate of ${target} is for another host.`]
  }
  if (certificateFaults.test(code)) return ['UNAVAILABLE', `The TLS certificate of ${target} is not trusted (${code}).`]
  if (/^(ERR_SSL|ERR_TLS|EPROTO)/.test(code)) return ['UNAVAILABLE', `TLS with ${target} failed (${code}).`]
  return null
}

// https://nodejs.org/api/tls.html#x509-certificate-error-codes
const certificateFaults = /CERT|SIGNED|SIGNATURE|ISSUER|CRL|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|HOSTNAME_MISMATCH/

/** The code of an error, where it has one that can be shown. */
export const faultCode = (thrown: unknown): string | null =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' && /^\w{1,64}$/.test(thrown.code)
    ? thrown.code
    : null

/** Why a check was given up: `TIMEOUT` (a reason named `TimeoutError`), the code of a `SightlineError`, or `ABORTED`. */
export const abortCode = (reason: unknown): ErrorCode => {
  if (nameOf(reason) === 'TimeoutError') return 'TIMEOUT'
  const { code } = SightlineError.from(reason)
  return code === 'INTERNAL' ? 'ABORTED' : code
}

/** Anything a socket or a driver may reject with, as an error to show: no URL and no password in it. */
export const toSocketError = (thrown: unknown, target: string): SightlineError => {
  if (thrown instanceof SightlineError) return thrown
  const code = faultCode(thrown)
  const known = code === null ? null : describeSocketFault(code, target)
  if (known !== null) return new SightlineError(known[0], known[1], { cause: thrown })
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return new SightlineError('UNAVAILABLE', `Connection closed by ${target}.`, { cause: thrown })
  }
  return new SightlineError('UNAVAILABLE', `${target} cannot be reached (${code ?? 'no code given'}).`, { cause: thrown })
}

/** The error of a check that was given up while it was `doing` something: `connecting to 127.0.0.1:80`. */
export const toGivenUp = (reason: unknown, doing: string): SightlineError => {
  const code = abortCode(reason)
  return new SightlineError(code, `${code === 'TIMEOUT' ? 'Timed out' : 'Given up'} while ${doing}.`, { cause: reason })
}

const nameOf = (thrown: unknown): unknown =>
  typeof thrown === 'object' && thrown !== null && 'name' in thrown ? thrown.name : undefined
