/**
 * Compares strings by their UTF-8 bytes: the order of every listing, whatever the engine. JavaScript's own `<` compares UTF-16 units and
 * puts the characters above U+FFFF (surrogate pairs) before U+E000–U+FFFF.
 *
 * @example
 * ids.sort(compareBytes)
 */
export const compareBytes = (a: string, b: string): number => {
  const shared = Math.min(a.length, b.length)
  for (let index = 0; index < shared; index++) {
    const unitA = a.charCodeAt(index)
    const unitB = b.charCodeAt(index)
    if (unitA !== unitB) return byteRank(unitA) - byteRank(unitB)
  }
  return a.length - b.length
}

/** Surrogates rank above every other unit: they only occur in characters whose UTF-8 form is the longest and the greatest. */
const byteRank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit)
