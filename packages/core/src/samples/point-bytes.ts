import { SightlineError } from '../errors.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { type NameSet, readNames, toNameSet } from './name-set.ts'

/**
 * Writes the values of points in few bytes, for a store that keeps many: names that are frequent are a bit each, numbers with few decimals
 * about two bytes. Every finite number comes back as it was, -0 too. Thousands of points have the same names, one after the other: an encoder
 * works out once how they are written, so make one for a batch.
 *
 * @example
 * const encode = createPointEncoder()
 * fromPointBytes(encode({ up: 1, latencyMs: 33.25 })) // { up: 1, latencyMs: 33.25 }, of 5 bytes
 */
export const createPointEncoder = (): ((values: Readonly<Record<string, number>>) => Uint8Array) => {
  let latest = toNameSet([])
  return (values) => {
    const names = Object.keys(values)
    if (!isOf(latest, names)) latest = toNameSet(names)
    const writer = new ByteWriter()
    writer.bytes(latest.bytes)
    for (const name of latest.order) writer.number(values[name] as number)
    return writer.done()
  }
}

const isOf = (set: NameSet, names: readonly string[]): boolean =>
  set.names.length === names.length && names.every((name, index) => name === set.names[index])

/** @throws `INTERNAL` for bytes that no point encoder wrote. */
export const fromPointBytes = (bytes: Uint8Array): Readonly<Record<string, number>> => {
  const reader = new ByteReader(bytes)
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
