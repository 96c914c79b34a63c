import { isPublicError, SightlineError } from '@sightline/core/protocol'

/** Whatever was thrown or came over the wire, as a `SightlineError` with its code. */
export const toError = (thrown: unknown): SightlineError => {
  if (thrown instanceof SightlineError || thrown instanceof Error || !isPublicError(thrown)) return SightlineError.from(thrown)
  const { code, message, fields, retryAfterMs } = thrown
  return new SightlineError(code, message, {
    cause: thrown,
    ...(fields === undefined ? {} : { fields }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}
