/** Where a text stops being the JSON it should be. `line` and `column` start at 1. The message repeats none of the text: it may hold secrets. */
export interface JsonFault {
  readonly line: number
  readonly column: number
  readonly message: string
}

// One token of RFC 8259 after white space: a mark, a string, or a number, true, false, null.
const token =
  /[\t\n\r ]*(?:(?<mark>[[\]{}:,])|(?<string>"(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\d.a-zA-Z])|true|false|null)/uy

type Expected = 'a value' | 'a value or ]' | 'a key' | 'a key or }' | ':' | ', or ]' | ', or }' | 'the end'

interface Container {
  readonly mark: '{' | '['
  readonly keys: Set<string>
}

/** The first fault of a JSON text, a key named twice in one object included; null where there is none. */
export const findJsonFault = (text: string): JsonFault | null => {
  const scan = new RegExp(token)
  const open: Container[] = []
  let expected: Expected = 'a value'

  const faultAt = (offset: number, message: string): JsonFault => {
    const before = text.slice(0, offset)
    return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n'), message }
  }
  const afterValue = (): Expected => {
    const container = open.at(-1)
    return container === undefined ? 'the end' : container.mark === '{' ? ', or }' : ', or ]'
  }

  for (let at = 0; ; at = scan.lastIndex) {
    scan.lastIndex = at
    const found = scan.exec(text)?.groups
    const offset = at + (text.slice(at).match(/^[\t\n\r ]*/)?.[0].length ?? 0)
    if (offset === text.length && expected === 'the end') return null
    if (found === undefined || expected === 'the end') return faultAt(offset, `not JSON: expected ${expected}`)
    const { mark, string } = found
    const object = open.at(-1)
    if (string !== undefined && (expected === 'a key' || expected === 'a key or }')) {
      const key: unknown = JSON.parse(string)
      if (object?.keys.has(String(key))) return faultAt(offset, 'names a key that this object has already')
      object?.keys.add(String(key))
      expected = ':'
    } else if ((mark === '}' && expected.endsWith('}')) || (mark === ']' && expected.endsWith(']'))) {
      open.pop()
      expected = afterValue()
    } else if (mark === ',' && expected.startsWith(',')) expected = object?.mark === '{' ? 'a key' : 'a value'
    else if (mark === ':' && expected === ':') expected = 'a value'
    else if (!expected.startsWith('a value')) return faultAt(offset, `not JSON: expected ${expected}`)
    else if (mark === '{' || mark === '[') {
      open.push({ mark, keys: new Set() })
      expected = mark === '{' ? 'a key or }' : 'a value or ]'
    } else if (mark === undefined) expected = afterValue()
    else return faultAt(offset, `not JSON: expected ${expected}`)
  }
}
