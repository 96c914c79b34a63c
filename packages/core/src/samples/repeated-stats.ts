import { addExactly } from './exact-sum.ts'
import { addValue, emptyStats, FEW, sumOf, type ValueStats } from './value-stats.ts'

/** One value, `count` times; throws a `RangeError` where that is more than a number holds. */
export const repeated = (count: number, value: number): ValueStats => {
  const stats = emptyStats()
  addValue(stats, value)
  stats.count = count
  stats.sum.length = 0
  // By the binary digits of the count: each part is exact.
  for (let rest = count, part = value; rest > 0; rest = Math.floor(rest / 2), part *= 2) {
    if (rest % 2 === 1) addExactly(stats.sum, part)
  }
  if (!Number.isFinite(sumOf(stats))) throw new RangeError('a sum is too large')
  stats.few = count <= FEW ? new Array<number>(count).fill(value) : null
  if (stats.zeros > 0) stats.zeros = count
  for (const { counts } of [stats.positive, stats.negative]) counts.fill(count)
  return stats
}

export const listed = (values: readonly number[]): ValueStats => {
  const stats = emptyStats()
  for (const value of values) addValue(stats, value)
  return stats
}
