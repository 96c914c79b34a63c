import { SightlineError } from '../errors.ts'
import { byteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { readNames, writeNames } from './name-set.ts'

/**
 * The values of a point in few bytes, for a store that keeps many: names that are frequent are a bit each, numbers with few decimals about
 * two bytes. Every finite number comes back as it was, -0 too.
 *
 * @example
 * fromPointBytes(toPointBytes({ up: 1, latencyMs: 33.25 })) // { up: 1, latencyMs: 33.25 }, of 5 bytes
 */
export const toPointBytes = (values: Readonly<Record<string, number>>): Uint8Array => {
  const writer = new ByteWriter()
  for (const name of writeNames(writer, Object.keys(values))) writer.number(values[name] as number)
  return writer.done()
}

/** @throws `INTERNAL` for bytes that `toPointBytes` did not write. */
export const fromPointBytes = (bytes: Uint8Array): Readonly<Record<string, number>> => {
  const reader = byteReader(bytes)
  try {
    const values = readNames(reader).map((name) => [name, reader.number()] as const)
    if (!reader.isAtEnd) throw new RangeError('there are bytes left over')
    // From entries: a name like `__proto__` is a name like any other.
    return Object.fromEntries(values)
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    throw new SightlineError('INTERNAL', `The bytes of a stored point are damaged: ${thrown.message}.`, { cause: thrown })
  }
}
