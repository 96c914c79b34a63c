/**
 * Counts by bin: two lists of one length, ordered by bin, none twice. Lists and not a map, because a chart reads and adds up hundreds of
 * thousands of them: what is read is in order, and two that are in order add up in one pass.
 */
export interface Bins {
  readonly places: number[]
  readonly counts: number[]
}

/** Bins of one sign; they cover 35 orders of magnitude. Of more, the smallest magnitudes share one. */
export const MAX_BINS = 4_096
const BINS_SHARED_AT_ONCE = 256

export const emptyBins = (): Bins => ({ places: [], counts: [] })

export const addToBin = (bins: Bins, place: number, count: number): void => {
  const { places, counts } = bins
  const index = firstFrom(places, place)
  if (places[index] === place) {
    counts[index] = (counts[index] as number) + count
    return
  }
  places.splice(index, 0, place)
  counts.splice(index, 0, count)
  shareSmallest(bins)
}

/** Adds what `other` holds to `bins`: in place, from the end. */
export const mergeBins = (bins: Bins, other: Bins): void => {
  const { places, counts } = bins
  let mine = places.length - 1
  let its = other.places.length - 1
  let into = mine + missing(places, other.places)
  while (places.length <= into) {
    places.push(0)
    counts.push(0)
  }
  for (; its >= 0; into--) {
    const theirs = other.places[its] as number
    // No look before the first: it would be ten times as slow as all others.
    const ours = mine < 0 ? Number.NEGATIVE_INFINITY : (places[mine] as number)
    places[into] = Math.max(ours, theirs)
    counts[into] = (ours < theirs ? 0 : (counts[mine--] as number)) + (ours > theirs ? 0 : (other.counts[its--] as number))
  }
  shareSmallest(bins)
}

/** How many of `wanted` are not among `places`. */
const missing = (places: readonly number[], wanted: readonly number[]): number => {
  let count = 0
  let index = 0
  for (const place of wanted) {
    while (index < places.length && (places[index] as number) < place) index++
    if (places[index] !== place) count++
  }
  return count
}

/** The index of the first place that is not before this one. */
const firstFrom = (places: readonly number[], place: number): number => {
  let low = 0
  let high = places.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((places[middle] as number) < place) low = middle + 1
    else high = middle
  }
  return low
}

const shareSmallest = ({ places, counts }: Bins): void => {
  while (places.length > MAX_BINS) {
    const shared = counts.slice(0, BINS_SHARED_AT_ONCE).reduce((sum, count) => sum + count, 0)
    places.splice(0, BINS_SHARED_AT_ONCE - 1)
    counts.splice(0, BINS_SHARED_AT_ONCE, shared)
  }
}
