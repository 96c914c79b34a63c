/** A part of a text: `from` inclusive, `to` exclusive. */
export interface Extent {
  readonly from: number
  readonly to: number
}

/** Where in a text secrets stand, in any order. In time that is linear in the text's length. */
export type Finder = (text: string) => readonly Extent[]

/** In order, those that overlap or touch as one. */
const merged = (extents: readonly Extent[]): readonly Extent[] => {
  const result: Extent[] = []
  for (const extent of extents.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1)
    if (last !== undefined && extent.from <= last.to)
      result[result.length - 1] = { from: last.from, to: Math.max(last.to, extent.to) }
    else result.push(extent)
  }
  return result
}

/** The text with `replacement` in place of each extent. */
export const replaceExtents = (text: string, extents: readonly Extent[], replacement: string): string => {
  if (extents.length === 0) return text
  let result = ''
  let done = 0
  for (const { from, to } of merged(extents)) {
    result += text.slice(done, from) + replacement
    done = to
  }
  return result + text.slice(done)
}
