import { SightlineError } from '../errors.ts'
import type { Json } from '../ports/identity.ts'
import type { Spool } from '../ports/spool.ts'

/** How much a spool in memory holds. */
export interface MemorySpoolOptions {
  /** Together, in characters. @default 67,108,864 */
  readonly maxLength?: number
}

/**
 * A spool that ends with its process: for tests, and where what waits for storage may be lost on exit.
 *
 * @example
 * const sightline = createSightline({ ...config, spool: memorySpool() })
 */
export const memorySpool = ({ maxLength = 67_108_864 }: MemorySpoolOptions = {}): Spool => {
  const lines: Json[] = []
  let length = 0

  return {
    append: async (line) => {
      if (length + line.length > maxLength) throw new SightlineError('TOO_LARGE', `The spool is full: ${maxLength} characters.`)
      lines.push(line)
      length += line.length
    },
    read: async function* () {
      yield* [...lines]
    },
    trim: async (count) => {
      for (const line of lines.splice(0, count)) length -= line.length
    },
    close: async () => {},
  }
}
