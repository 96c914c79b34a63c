/**
 * A sum without rounding, as parts of growing magnitude that do not overlap (J. R. Shewchuk, "Adaptive Precision Floating-Point Arithmetic and
 * Fast Robust Geometric Predicates", 1997): whatever the order of adding and merging, it comes to the same number.
 */
export type ExactSum = number[]

/** Adds to `parts` in place. */
export const addExactly = (parts: ExactSum, value: number): void => {
  let carried = value
  let kept = 0
  for (const part of parts) {
    const isPartLarger = Math.abs(carried) < Math.abs(part)
    const high = carried + part
    const low = isPartLarger ? carried - (high - part) : part - (high - carried)
    if (low !== 0) parts[kept++] = low
    carried = high
  }
  parts.length = kept
  if (carried !== 0) parts.push(carried)
}

/** The nearest number to the sum. */
export const totalOf = (parts: Readonly<ExactSum>): number => {
  let index = parts.length - 1
  let high = parts[index] ?? 0
  let low = 0
  while (index > 0 && low === 0) {
    const next = parts[--index] as number
    const sum = high + next
    low = next - (sum - high)
    high = sum
  }
  // Half way between two numbers: what is left of the parts decides.
  const rest = parts[index - 1]
  if (index > 0 && rest !== undefined && low !== 0 && Math.sign(low) === Math.sign(rest)) {
    const doubled = low * 2
    const rounded = high + doubled
    if (doubled === rounded - high) return rounded
  }
  return high
}
