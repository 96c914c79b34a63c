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

// Objects have few keys, mostly nearly in order; the engine's sort costs more than it saves there.
const sortKeys = (keys: number[], compare: (a: number, b: number) => number): void => {
  if (keys.length > 64) {
    keys.sort(compare)
    return
  }
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i] as number
    let place = i
    for (; place > 0 && compare(keys[place - 1] as number, key) > 0; place--) keys[place] = keys[place - 1] as number
    keys[place] = key
  }
}

/** The keys of an object in canonical order. Of a key that comes twice the last one counts, as in `JSON.parse`. */
export const sortedKeysAt = ({ text, nodes }: JsonTape, node: number): readonly number[] => {
  const end = nodes[node + 3] as number
  const keys: number[] = []
  for (let key = node + nodeSize; key < end; key = nodes[key + nodeSize + 3] as number) keys.push(key)
  const compare = (a: number, b: number): number => compareKeys(text, nodes, a, b)
  sortKeys(keys, compare)
  return keys.filter((key, i) => i + 1 === keys.length || compare(key, keys[i + 1] as number) !== 0)
}
