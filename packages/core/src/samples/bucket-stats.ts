import { SightlineError } from '../errors.ts'
import { type ByteReader, byteReader } from './byte-reader.ts'
import { type ByteWriter, byteWriter } from './byte-writer.ts'
import { addExactly } from './exact-sum.ts'
import { codeOfName, nameOfCode } from './name-codes.ts'
import { addValue, emptyStats, FEW, LARGEST, MAX_BINS, mergeStats, ordered, sumOf, type ValueStats } from './value-stats.ts'

/** What a bucket holds of each number, by name. */
export type BucketStats = Map<string, ValueStats>

/** Begins every bucket's bytes. */
const VERSION = 1
const MAX_VALUES = 256
const MAX_NAME_BYTES = 512
/** More than the sum of any numbers takes. */
const MAX_PARTS = 64
/** Of `LARGEST`, and of the reciprocal of `SMALLEST`. */
const FURTHEST_BIN = 36_000

/** How a number's statistics are written. */
const ALL_EQUAL = 0
const EACH = 1
const SKETCH = 2
const FORMS = 4
/** Counts up to here fit beside the form. */
const SMALL_COUNT = 63

export const addPoint = (stats: BucketStats, values: Readonly<Record<string, number>>): void => {
  for (const name of Object.keys(values)) addValue(statsOf(stats, name), values[name] as number)
}

/** Adds what `other` holds to `stats`. In any order and grouping it comes to the same. */
export const mergeBucket = (stats: BucketStats, other: BucketStats): void => {
  for (const [name, value] of other) mergeStats(statsOf(stats, name), value)
}

export const toBytes = (stats: BucketStats): Uint8Array => {
  const writer = byteWriter()
  writer.byte(VERSION)
  for (const name of [...stats.keys()].sort()) {
    writeName(writer, name)
    writeValue(writer, stats.get(name) as ValueStats)
  }
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
  const reader = byteReader(bytes)
  if (reader.byte() !== VERSION) throw new RangeError('they begin with no known form')
  const stats: BucketStats = new Map()
  let count = 0
  while (!reader.isAtEnd) {
    if (++count > MAX_VALUES) throw new RangeError('they hold too many values')
    const name = readName(reader)
    const isWanted = names === undefined || names.has(name)
    if (stats.has(name)) throw new RangeError('a value is there twice')
    const value = readValue(reader, isWanted)
    if (value !== null) stats.set(name, value)
  }
  return stats
}

const statsOf = (stats: BucketStats, name: string): ValueStats => {
  const known = stats.get(name)
  if (known !== undefined) return known
  const fresh = emptyStats()
  stats.set(name, fresh)
  return fresh
}

const writeName = (writer: ByteWriter, name: string): void => {
  const code = codeOfName(name)
  writer.whole(code ?? 0)
  if (code !== null) return
  const bytes = new TextEncoder().encode(name)
  writer.whole(bytes.length)
  writer.bytes(bytes)
}

const readName = (reader: ByteReader): string => {
  const code = reader.whole()
  if (code === 0) {
    const length = reader.whole()
    if (length > MAX_NAME_BYTES) throw new RangeError('a name is too long')
    return new TextDecoder().decode(reader.bytes(length))
  }
  const name = nameOfCode(code)
  if (name === null) throw new RangeError('a name is not known')
  return name
}

/** The form, and the count where it is small. */
const writeHead = (writer: ByteWriter, form: number, count: number): void => {
  const isSmall = count <= SMALL_COUNT
  writer.byte(form + FORMS * (isSmall ? count : 0))
  if (!isSmall) writer.whole(count)
}

const writeValue = (writer: ByteWriter, stats: ValueStats): void => {
  const { count, min, max, few } = stats
  if (min === max) {
    writeHead(writer, ALL_EQUAL, count)
    writer.number(min)
  } else if (few !== null) {
    writeHead(writer, EACH, count)
    writer.numbers(few.toSorted((a, b) => a - b))
  } else {
    const sketch = byteWriter()
    writeSketch(sketch, stats)
    const bytes = sketch.done()
    // Its length in the place of a count: who does not want it skips it.
    writeHead(writer, SKETCH, bytes.length)
    writer.bytes(bytes)
  }
}

const writeSketch = (writer: ByteWriter, { min, max, sum, zeros, positive, negative }: ValueStats): void => {
  writer.number(min)
  writer.number(max)
  writer.whole(sum.length)
  for (const part of sum) writer.number(part)
  writer.whole(zeros)
  writeBins(writer, positive)
  writeBins(writer, negative)
}

/** null where it is not wanted. */
const readValue = (reader: ByteReader, isWanted: boolean): ValueStats | null => {
  const head = reader.byte()
  const form = head % FORMS
  const count = head < FORMS ? reader.whole() : Math.floor(head / FORMS)
  if (form === SKETCH) return readSketch(reader.bytes(count), isWanted)
  if (count === 0) throw new RangeError('a value was never measured')
  if (form === ALL_EQUAL) {
    const value = measured(reader.number())
    return isWanted ? repeated(count, value) : null
  }
  if (form !== EACH) throw new RangeError('a value is of no known form')
  if (count > FEW) throw new RangeError('a list is too long')
  const values = reader.numbers(count).map(measured)
  return isWanted ? listed(values) : null
}

const readSketch = (bytes: Uint8Array, isWanted: boolean): ValueStats | null => {
  if (!isWanted) return null
  const reader = byteReader(bytes)
  const stats = sketched(reader)
  if (!reader.isAtEnd) throw new RangeError('a value has bytes left over')
  return stats
}

const repeated = (count: number, value: number): ValueStats => {
  const stats = emptyStats()
  addValue(stats, value)
  stats.count = count
  stats.sum.length = 0
  // By the binary digits of the count: each part is exact.
  for (let rest = count, part = value; rest > 0; rest = Math.floor(rest / 2), part *= 2) {
    if (rest % 2 === 1) addExactly(stats.sum, part)
  }
  stats.few = count <= FEW ? new Array<number>(count).fill(value) : null
  if (stats.zeros > 0) stats.zeros = count
  for (const bins of [stats.positive, stats.negative]) for (const bin of bins.keys()) bins.set(bin, count)
  return stats
}

const listed = (values: readonly number[]): ValueStats => {
  const stats = emptyStats()
  for (const value of values) addValue(stats, value)
  return stats
}

const sketched = (reader: ByteReader): ValueStats => {
  const stats = emptyStats()
  stats.few = null
  stats.min = measured(reader.number())
  stats.max = measured(reader.number())
  const parts = reader.whole()
  if (parts > MAX_PARTS) throw new RangeError('a sum has too many parts')
  for (let index = 0; index < parts; index++) addExactly(stats.sum, reader.number())
  stats.zeros = reader.whole()
  stats.count = stats.zeros + readBins(reader, stats.positive) + readBins(reader, stats.negative)
  if (stats.count === 0 || !Number.isSafeInteger(stats.count) || stats.min > stats.max || !Number.isFinite(sumOf(stats))) {
    throw new RangeError('the counts of a value cannot be')
  }
  return stats
}

const measured = (value: number): number => {
  if (Math.abs(value) > LARGEST) throw new RangeError('a number is too large')
  return value
}

/** The first bin, then for each the distance from the one before and its count. */
const writeBins = (writer: ByteWriter, bins: ReadonlyMap<number, number>): void => {
  const all = ordered(bins)
  writer.whole(all.length)
  const [first] = all
  if (first === undefined) return
  writer.number(first[0])
  writer.gammas(
    all.flatMap(([bin, count], index) => {
      const before = all[index - 1]
      return before === undefined ? [count] : [bin - before[0], count]
    }),
  )
}

const readBins = (reader: ByteReader, bins: Map<number, number>): number => {
  const length = reader.whole()
  if (length === 0) return 0
  if (length > MAX_BINS) throw new RangeError('a value has too many bins')
  let bin = reader.number()
  if (!Number.isInteger(bin) || Math.abs(bin) > FURTHEST_BIN) throw new RangeError('a bin cannot be')
  const [firstCount, ...rest] = reader.gammas(2 * length - 1) as [number, ...number[]]
  bins.set(bin, firstCount)
  let total = firstCount
  for (let index = 0; index < rest.length; index += 2) {
    bin += rest[index] as number
    const count = rest[index + 1] as number
    if (bin > FURTHEST_BIN) throw new RangeError('a bin cannot be')
    bins.set(bin, count)
    total += count
  }
  return total
}
