// Kinds of nodes, plain constants because they are read for every node. Up to `lastVerbatim` a node's text is canonical as it stands.
export const verbatim = 0
export const number = 1
export const verbatimArray = 2
export const verbatimObject = 3
export const lastVerbatim = 3
export const oddNumber = 4
export const oddString = 5
export const array = 6
export const object = 7
export const unsortedObject = 8

/** Slots of a node: its kind, where it begins and ends in the text, and the index of the node after it and all that is in it. */
export const nodeSize = 4

/**
 * A JSON text and where everything in it stands, without a value made of it: nodes in the order of the text, arrays and objects before
 * what they hold, of an object a key and its value in turn.
 */
export interface JsonTape {
  readonly text: string
  readonly nodes: Int32Array
}

export const isArrayAt = ({ nodes }: JsonTape, node: number): boolean => nodes[node] === array || nodes[node] === verbatimArray

export const isObjectAt = ({ nodes }: JsonTape, node: number): boolean =>
  (nodes[node] as number) >= object || nodes[node] === verbatimObject

export const isNumberAt = ({ nodes }: JsonTape, node: number): boolean => nodes[node] === number || nodes[node] === oddNumber

/** The string a string node stands for. */
export const stringAt = ({ text, nodes }: JsonTape, node: number): string => {
  const from = nodes[node + 1] as number
  const to = nodes[node + 2] as number
  return nodes[node] === verbatim ? text.slice(from + 1, to - 1) : (JSON.parse(text.slice(from, to)) as string)
}

/** Orders two keys by their UTF-16 code units: below 0 where `a` comes first, 0 where they are the same. */
export const compareKeys = (text: string, nodes: Int32Array, a: number, b: number): number => {
  if (nodes[a] !== verbatim || nodes[b] !== verbatim) {
    const first = stringAt({ text, nodes }, a)
    const second = stringAt({ text, nodes }, b)
    return first < second ? -1 : first > second ? 1 : 0
  }
  const endA = (nodes[a + 2] as number) - 1
  const endB = (nodes[b + 2] as number) - 1
  let atA = (nodes[a + 1] as number) + 1
  let atB = (nodes[b + 1] as number) + 1
  for (; atA < endA && atB < endB; atA++, atB++) {
    const order = text.charCodeAt(atA) - text.charCodeAt(atB)
    if (order !== 0) return order
  }
  return endA - atA - (endB - atB)
}

/** Where what is in order ends: numbered names (`host9`, `host10`) and fields added at the end leave few such stretches. */
const ascendingEnd = (keys: readonly number[], from: number, compare: (a: number, b: number) => number): number => {
  let end = Math.min(from + 1, keys.length)
  while (end < keys.length && compare(keys[end - 1] as number, keys[end] as number) <= 0) end++
  return end
}

interface Stretches {
  readonly from: number
  readonly middle: number
  readonly end: number
}

/** Two stretches into one, at the same place of `into`; of equal keys the one of the first stretch comes first. */
const mergeStretches = (
  keys: readonly number[],
  into: number[],
  { from, middle, end }: Stretches,
  compare: (a: number, b: number) => number,
): void => {
  let first = from
  let second = middle
  for (let place = from; place < end; place++) {
    const takesFirst = second === end || (first < middle && compare(keys[first] as number, keys[second] as number) <= 0)
    into[place] = (takesFirst ? keys[first++] : keys[second++]) as number
  }
}

/** Natural merge sort (Knuth, The Art of Computer Programming 3, 5.2.4 N), stable: a pass over the keys for each halving of the stretches. */
const sortKeys = (keys: number[], compare: (a: number, b: number) => number): number[] => {
  let sorted = keys
  let spare: number[] = []
  for (;;) {
    for (let from = 0, end = 0; from === 0 || from < sorted.length; from = end) {
      const middle = ascendingEnd(sorted, from, compare)
      if (middle - from === sorted.length) return sorted
      end = ascendingEnd(sorted, middle, compare)
      mergeStretches(sorted, spare, { from, middle, end }, compare)
      if (end - from === sorted.length) return spare
    }
    const merged = spare
    spare = sorted
    sorted = merged
  }
}

/** The keys of an object in canonical order. Of a key that comes twice the last one counts, as in `JSON.parse`. */
export const sortedKeysAt = ({ text, nodes }: JsonTape, node: number): readonly number[] => {
  const end = nodes[node + 3] as number
  const keys: number[] = []
  for (let key = node + nodeSize; key < end; key = nodes[key + nodeSize + 3] as number) keys.push(key)
  // Whatever sorts has compared any two that come to stand side by side.
  let hasTwins = false
  const compare = (a: number, b: number): number => {
    const order = compareKeys(text, nodes, a, b)
    if (order === 0) hasTwins = true
    return order
  }
  const sorted = sortKeys(keys, compare)
  return hasTwins ? sorted.filter((key, i) => i + 1 === sorted.length || compare(key, sorted[i + 1] as number) !== 0) : sorted
}
