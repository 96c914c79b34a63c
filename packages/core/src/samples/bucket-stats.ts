import { SightlineError } from '../errors.ts'
import { readFormOne } from './bucket-form-one.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { readNames, toNameSet } from './name-set.ts'
import { listed, repeated } from './repeated-stats.ts'
import { measured, readSized, writeSketch } from './sketch-bytes.ts'
import { addValue, emptyStats, FEW, mergeStats, type ValueStats } from './value-stats.ts'

/** What a bucket holds of each number, by name. */
export type BucketStats = Map<string, ValueStats>

/** Begins every bucket's bytes. */
const VERSION = 2

export const addPoint = (stats: BucketStats, values: Readonly<Record<string, number>>): void => {
  for (const name of Object.keys(values)) addValue(statsOf(stats, name), values[name] as number)
}

/** Adds what `other` holds to `stats`. In any order and grouping it comes to the same. */
export const mergeBucket = (stats: BucketStats, other: BucketStats): void => {
  for (const [name, value] of other) mergeStats(statsOf(stats, name), value)
}

/** The names; the count, or that they differ and each; which values were all equal; then every value. */
export const toBytes = (stats: BucketStats): Uint8Array => {
  const writer = new ByteWriter()
  writer.byte(VERSION)
  const names = toNameSet([...stats.keys()])
  writer.bytes(names.bytes)
  const values = names.order.map((name) => stats.get(name) as ValueStats)
  writeCounts(
    writer,
    values.map(({ count }) => count),
  )
  for (let start = 0; start < values.length; start += 8) {
    writer.byte(values.slice(start, start + 8).reduce((bits, { min, max }, place) => bits + (min === max ? 2 ** place : 0), 0))
  }
  for (const value of values) writeValue(writer, value)
  return writer.done()
}

/**
 * What `toBytes` wrote; of `names` alone, where they are given.
 *
 * @throws `INCOMPATIBLE` for bytes of a newer form, `INTERNAL` for damaged ones.
 */
export const fromBytes = (bytes: Uint8Array, names?: ReadonlySet<string>): BucketStats => {
  const version = bytes[0]
  if (version !== undefined && version > VERSION)
    throw new SightlineError('INCOMPATIBLE', `A stored rollup is of form ${version}; this software reads up to ${VERSION}.`)
  try {
    return readBucket(bytes, names)
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    throw new SightlineError('INTERNAL', `The bytes of a stored rollup are damaged: ${thrown.message}.`, { cause: thrown })
  }
}

const readBucket = (bytes: Uint8Array, names: ReadonlySet<string> | undefined): BucketStats => {
  const reader = new ByteReader(bytes)
  const version = reader.byte()
  if (version === 1) return readFormOne(reader, names)
  if (version !== VERSION) throw new RangeError('they begin with no known form')
  const all = readNames(reader)
  const counts = readCounts(reader, all.length)
  const equal = Array.from({ length: Math.ceil(all.length / 8) }, () => reader.byte())
  const stats: BucketStats = new Map()
  for (const [place, name] of all.entries()) {
    const isEqual = ((equal[Math.floor(place / 8)] as number) >> (place % 8)) % 2 === 1
    const read = { count: counts[place] as number, isEqual, isWanted: names === undefined || names.has(name) }
    const value = readValue(reader, read)
    if (value !== null) stats.set(name, value)
    // Who wants a few of them reads no further.
    if (names !== undefined && stats.size === names.size) return stats
  }
  if (!reader.isAtEnd) throw new RangeError('there are bytes left over')
  return stats
}

const statsOf = (stats: BucketStats, name: string): ValueStats => {
  const known = stats.get(name)
  if (known !== undefined) return known
  const fresh = emptyStats()
  stats.set(name, fresh)
  return fresh
}

/** 0, then each, where they are not all the same. */
const writeCounts = (writer: ByteWriter, counts: readonly number[]): void => {
  const [first] = counts
  if (first === undefined) return
  const isOne = counts.every((count) => count === first)
  writer.whole(isOne ? first : 0)
  if (!isOne) for (const count of counts) writer.whole(count)
}

const readCounts = (reader: ByteReader, length: number): readonly number[] => {
  if (length === 0) return []
  const first = reader.whole()
  if (first > 0) return new Array<number>(length).fill(first)
  const counts = Array.from({ length }, () => reader.whole())
  if (counts.includes(0)) throw new RangeError('a value was never measured')
  return counts
}

const writeValue = (writer: ByteWriter, stats: ValueStats): void => {
  const { min, max, few } = stats
  if (min === max) writer.number(min)
  else if (few !== null) writer.numbers(few.toSorted((a, b) => a - b))
  else {
    const sketch = new ByteWriter()
    writeSketch(sketch, stats)
    const bytes = sketch.done()
    // Who does not want it skips it.
    writer.whole(bytes.length)
    writer.bytes(bytes)
  }
}

interface ValueRead {
  readonly count: number
  readonly isEqual: boolean
  readonly isWanted: boolean
}

/** null where it is not wanted. */
const readValue = (reader: ByteReader, { count, isEqual, isWanted }: ValueRead): ValueStats | null => {
  if (isEqual) {
    const value = measured(reader.number())
    return isWanted ? repeated(count, value) : null
  }
  if (count <= FEW) {
    const values = reader.numbers(count).map(measured)
    return isWanted ? listed(values) : null
  }
  const stats = readSized(reader, reader.whole(), isWanted)
  if (stats !== null && stats.count !== count) throw new RangeError('the counts of a value cannot be')
  return stats
}
