import type { PatchOperation } from '../protocol/frame.ts'
import { difference } from './json-difference.ts'

export interface DeltaOptions {
  readonly before: unknown
  readonly after: unknown
  /** The largest part of the whole that a patch may weigh, 0 to 1. Default 0.5: beyond, a client saves little and works more. */
  readonly maxShare?: number
  /** Length of the whole as JSON text, where the caller knows it already. */
  readonly wholeLength?: number
}

/**
 * The patch from one state to the next, or null where sending the whole is the better choice. Lengths are of JSON text, in characters.
 *
 * @example const patch = patchOrWhole({ before, after })
 * hub.broadcast(patch ? { base, patch } : { data: after })
 */
export const patchOrWhole = ({ before, after, maxShare = 0.5, wholeLength }: DeltaOptions): PatchOperation[] | null => {
  const patch = difference(before, after)
  const whole = wholeLength ?? (JSON.stringify(after) ?? '').length
  return JSON.stringify(patch).length <= whole * maxShare ? patch : null
}
