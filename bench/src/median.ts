/** The middle of the sorted values; of an even count, the mean of the two in the middle. */
export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** Linear between the closest ranks (type 7 of Hyndman and Fan, 1996). */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? Number.NaN
  return below + (above - below) * (place - Math.floor(place))
}
