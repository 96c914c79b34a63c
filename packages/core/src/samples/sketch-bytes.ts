import { type Bins, MAX_BINS } from './bins.ts'
import type { ByteReader } from './byte-reader.ts'
import { type ByteWriter, decimalPlaces } from './byte-writer.ts'
import { addExactly, type ExactSum, totalOf } from './exact-sum.ts'
import { emptyStats, FEW, LARGEST, sumOf, type ValueStats } from './value-stats.ts'

/** More than the sum of any numbers takes. */
const MAX_PARTS = 64
/** Of `LARGEST`, and of the reciprocal of `SMALLEST`. */
const FURTHEST_BIN = 36_000

/** For more than `FEW` values. */
export const writeSketch = (writer: ByteWriter, { min, max, sum, zeros, positive, negative }: ValueStats): void => {
  writer.number(min)
  writer.number(max)
  const parts = toShortParts(sum, [min, max])
  writer.whole(parts.length)
  for (const part of parts) writer.number(part)
  writer.whole(zeros)
  writeBins(writer, positive)
  writeBins(writer, negative)
}

/**
 * The same sum in parts that take fewer bytes: of decimals with few places the nearest such decimal, and what binary rounding adds to it.
 */
const toShortParts = (sum: Readonly<ExactSum>, samples: readonly number[]): Readonly<ExactSum> => {
  const places = decimalPlaces(samples)
  if (places === null) return sum
  const nearest = Math.round(totalOf(sum) * 10 ** places) / 10 ** places
  if (nearest === 0 || decimalPlaces([nearest]) === null) return sum
  const rest = [...sum]
  addExactly(rest, -nearest)
  return [nearest, ...rest]
}

/** Reads what `writeSketch` wrote; throws a `RangeError` where it cannot be. */
const readSketch = (reader: ByteReader): ValueStats => {
  const stats = emptyStats()
  stats.few = null
  stats.min = measured(reader.number())
  stats.max = measured(reader.number())
  const parts = reader.whole()
  if (parts > MAX_PARTS) throw new RangeError('a sum has too many parts')
  for (let index = 0; index < parts; index++) addExactly(stats.sum, reader.number())
  stats.zeros = reader.whole()
  stats.count = stats.zeros + readBins(reader, stats.positive) + readBins(reader, stats.negative)
  if (stats.count <= FEW || !Number.isSafeInteger(stats.count) || stats.min > stats.max || !Number.isFinite(sumOf(stats))) {
    throw new RangeError('the counts of a value cannot be')
  }
  return stats
}

/** A sketch of so many bytes; null, and behind it, where it is not wanted. */
export const readSized = (reader: ByteReader, length: number, isWanted: boolean): ValueStats | null => {
  const end = reader.position + length
  if (!isWanted) {
    reader.skip(length)
    return null
  }
  const stats = readSketch(reader)
  if (reader.position !== end) throw new RangeError('a value is not as long as it says')
  return stats
}

/** @throws `RangeError` for what is no measurement. */
export const measured = (value: number): number => {
  if (Math.abs(value) > LARGEST) throw new RangeError('a number is too large')
  return value
}

/** The first bin, then for each the distance from the one before and its count. */
const writeBins = (writer: ByteWriter, { places, counts }: Bins): void => {
  writer.whole(places.length)
  const [first] = places
  if (first === undefined) return
  writer.number(first)
  writer.gammas(
    places.flatMap((place, index) => {
      const [before, count] = [places[index - 1], counts[index] as number]
      return before === undefined ? [count] : [place - before, count]
    }),
  )
}

const readBins = (reader: ByteReader, { places, counts }: Bins): number => {
  const length = reader.whole()
  if (length === 0) return 0
  if (length > MAX_BINS) throw new RangeError('a value has too many bins')
  let place = reader.number()
  if (!Number.isInteger(place) || Math.abs(place) > FURTHEST_BIN) throw new RangeError('a bin cannot be')
  const written = reader.gammas(2 * length - 1)
  let total = 0
  for (let index = 0; index < length; index++) {
    if (index > 0) place += written[2 * index - 1] as number
    const count = written[2 * index] as number
    places.push(place)
    counts.push(count)
    total += count
  }
  if (place > FURTHEST_BIN) throw new RangeError('a bin cannot be')
  return total
}
