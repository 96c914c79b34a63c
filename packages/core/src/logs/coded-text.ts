import type { Extent } from './extents.ts'

/**
 * One character as a URL has it (`%3D`; encoded again `%253D`), HTML (`&quot;`, `&#34;`) or JSON of a careful program (`\u003c`): of ASCII, for of
 * that names and signs are.
 */
const CODED =
  /%(?:25){0,4}([0-7][\da-f])|&(?:amp;){0,4}(?:(quot|apos|lt|gt|nbsp|amp)|#(\d{2,3})|#x([0-7][\da-f]));|\\u00([0-7][\da-f])/gi
const ENTITIES: Readonly<Record<string, string>> = { quot: '"', apos: "'", lt: '<', gt: '>', nbsp: ' ', amp: '&' }

const decode = ([, url, entity, decimal, hex, json]: RegExpMatchArray): string => {
  if (entity !== undefined) return ENTITIES[entity.toLowerCase()] ?? ' '
  return String.fromCharCode(decimal === undefined ? Number.parseInt(url ?? hex ?? json ?? '20', 16) : Number(decimal) % 128)
}

/** A text with its coded characters as they are meant, and where in the text as it was a part of that stood. */
export interface DecodedText {
  readonly text: string
  /** Extents of `text`, in order, as those of the text as it was. */
  toCoded(extents: readonly Extent[]): readonly Extent[]
}

/**
 * Null where nothing in it is coded.
 *
 * @example
 * decodeText('access%5Ftoken=x')?.text // 'access_token=x'
 */
export const decodeText = (coded: string): DecodedText | null => {
  const parts: string[] = []
  /** From here on, in the decoded text, so much was cut before it. */
  const cuts: { readonly at: number; readonly sum: number }[] = []
  let done = 0
  let length = 0
  for (const found of coded.matchAll(CODED)) {
    parts.push(coded.slice(done, found.index), decode(found))
    length += found.index - done + 1
    done = found.index + found[0].length
    cuts.push({ at: length, sum: done - length })
  }
  if (cuts.length === 0) return null
  const toPlace = (at: number): number => {
    let [low, high] = [0, cuts.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((cuts[middle]?.at ?? 0) <= at) low = middle + 1
      else high = middle
    }
    return at + (cuts[low - 1]?.sum ?? 0)
  }
  return {
    text: parts.join('') + coded.slice(done),
    toCoded: (extents) => extents.map(({ from, to }) => ({ from: toPlace(from), to: toPlace(to) })),
  }
}
