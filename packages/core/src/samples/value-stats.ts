import { addToBin, type Bins, emptyBins, mergeBins } from './bins.ts'
import { addExactly, type ExactSum, totalOf } from './exact-sum.ts'

/**
 * What is kept of one number over a period: count, sum, least and greatest exactly, percentiles within 1 % of their value. The percentiles are
 * a DDSketch (C. Masson, J. E. Rim, H. K. Lee, "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with Relative-Error Guarantees", PVLDB
 * 12 (2019), https://arxiv.org/abs/1908.10693): counts by the logarithm of the value, which add up in any order.
 */
export interface ValueStats {
  count: number
  readonly sum: ExactSum
  min: number
  max: number
  /** The values themselves while they are few; null from then on. */
  few: number[] | null
  /** Counts of what is nearer to 0 than `SMALLEST`. */
  zeros: number
  /** Counts by `binOf` of the magnitude. */
  readonly positive: Bins
  readonly negative: Bins
}

/** A little less than the 1 % that is promised, for what logarithms round. */
const ACCURACY = 0.0099
const GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
const LOG_GAMMA = Math.log(GAMMA)
/** What is nearer to 0 is counted as 0. */
const SMALLEST = 1e-12
/** What is further from 0 is no measurement; sums of it would leave the range of numbers. */
export const LARGEST = 1e300
/** So many values are kept as they are. */
export const FEW = 8

export const emptyStats = (): ValueStats => ({
  count: 0,
  sum: [],
  min: Number.POSITIVE_INFINITY,
  max: Number.NEGATIVE_INFINITY,
  few: [],
  zeros: 0,
  positive: emptyBins(),
  negative: emptyBins(),
})

/** Adds a value, that is finite and at most `LARGEST` from 0. */
export const addValue = (stats: ValueStats, given: number): void => {
  // -0 becomes 0.
  const value = given + 0
  stats.count++
  addExactly(stats.sum, value)
  if (value < stats.min) stats.min = value
  if (value > stats.max) stats.max = value
  if (stats.few !== null) {
    if (stats.few.length < FEW) stats.few.push(value)
    else stats.few = null
  }
  const magnitude = Math.abs(value)
  if (magnitude < SMALLEST) stats.zeros++
  else addToBin(value > 0 ? stats.positive : stats.negative, binOf(magnitude), 1)
}

/** Adds what `other` holds to `stats`. */
export const mergeStats = (stats: ValueStats, other: ValueStats): void => {
  stats.count += other.count
  for (const part of other.sum) addExactly(stats.sum, part)
  if (other.min < stats.min) stats.min = other.min
  if (other.max > stats.max) stats.max = other.max
  stats.few =
    stats.few !== null && other.few !== null && stats.few.length + other.few.length <= FEW ? [...stats.few, ...other.few] : null
  stats.zeros += other.zeros
  mergeBins(stats.positive, other.positive)
  mergeBins(stats.negative, other.negative)
}

export const sumOf = ({ sum }: ValueStats): number => totalOf(sum)

/** null where nothing was measured. */
export const meanOf = (stats: ValueStats): number | null => (stats.count === 0 ? null : sumOf(stats) / stats.count)

/**
 * The values at the `shares` (0 to 1, ascending): of n values in order the one at ⌊share · (n − 1)⌋, within 1 %. null where nothing was measured.
 */
export const percentilesOf = (stats: ValueStats, shares: readonly number[]): readonly (number | null)[] => {
  const { count, few, min, max } = stats
  if (count === 0) return shares.map(() => null)
  if (few !== null) {
    const ordered = few.toSorted((a, b) => a - b)
    return shares.map((share) => ordered[Math.floor(share * (count - 1))] as number)
  }
  const found: number[] = []
  let passed = 0
  const pass = (held: number, value: () => number): void => {
    passed += held
    while (found.length < shares.length && Math.floor((shares[found.length] as number) * (count - 1)) < passed) {
      found.push(Math.min(max, Math.max(min, value())))
    }
  }
  const { positive, negative } = stats
  for (let index = negative.places.length - 1; index >= 0; index--) {
    pass(negative.counts[index] as number, () => -magnitudeOf(negative.places[index] as number))
  }
  pass(stats.zeros, () => 0)
  for (let index = 0; index < positive.places.length; index++) {
    pass(positive.counts[index] as number, () => magnitudeOf(positive.places[index] as number))
  }
  return shares.map((_, index) => found[index] ?? max)
}

/** The bin of a magnitude: γ^(bin − 1) < magnitude ≤ γ^bin. */
const binOf = (magnitude: number): number => Math.ceil(Math.log(magnitude) / LOG_GAMMA)

/** Within `ACCURACY` of everything in the bin. */
const magnitudeOf = (bin: number): number => (2 * Math.exp(bin * LOG_GAMMA)) / (GAMMA + 1)
