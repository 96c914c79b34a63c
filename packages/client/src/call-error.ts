import { SightlineError } from '@sightline/core/protocol'
import { toError } from './to-error.ts'

/**
 * What a call rejects with, made where it was called: what the transport threw or the server sent has no idea of who asked, and stays as
 * `cause`. The stack names the operation ahead of its callers.
 */
export const toCallError = (operation: string, thrown: unknown): SightlineError => {
  const { code, message, fields, retryAfterMs } = toError(thrown)
  const error = new SightlineError(code, message, {
    cause: thrown,
    ...(fields === undefined ? {} : { fields }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
  // As V8 writes it; elsewhere the stack stays as it is.
  const frames = error.stack?.indexOf('\n    at ') ?? -1
  if (frames >= 0) error.stack = `${error.stack?.slice(0, frames)}\n    at call '${operation}'${error.stack?.slice(frames)}`
  return error
}
