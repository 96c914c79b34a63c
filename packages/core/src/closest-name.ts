// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours each count one.
const distance = (a: string, b: string): number => {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    rows.push(row)
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row.push(
        Math.min(
          at(i - 1, j) + 1,
          at(i, j - 1) + 1,
          at(i - 1, j - 1) + cost,
          isSwap ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
  }
  return at(a.length, b.length)
}

const longestWord = 64

/**
 * The name that was probably meant, or null where none is near (more than a third of its letters differ).
 *
 * @example closestName('intervalMS', ['intervalMs', 'timeoutMs']) // 'intervalMs'
 */
export const closestName = (word: string, names: Iterable<string>): string | null => {
  if (word.length > longestWord) return null
  const wanted = word.toLowerCase()
  let best: string | null = null
  let least = Number.POSITIVE_INFINITY
  for (const name of names) {
    const count = distance(wanted, name.toLowerCase())
    if (count < least && count <= Math.max(1, Math.floor(name.length / 3))) {
      best = name
      least = count
    }
  }
  return best
}
