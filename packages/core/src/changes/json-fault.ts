const token = /[\t\n\r ]*(?:([[\]{}:,])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\d.a-zA-Z])|true|false|null)/y

type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or ]' | ', or }' | 'end'

/** Where a text stops being JSON, and what should stand there. `offset` is in characters, `line` and `column` start at 1. */
export interface JsonFault {
  readonly offset: number
  readonly line: number
  readonly column: number
  readonly expected: string
}

const locate = (text: string, offset: number, expected: Expected): JsonFault => {
  const before = text.slice(0, offset)
  return { offset, line: before.split('\n').length, column: offset - before.lastIndexOf('\n'), expected }
}

/** Finds the first fault of a text that `JSON.parse` refused, without repeating any of its content. Null if there is none. */
export const findJsonFault = (text: string): JsonFault | null => {
  const scan = new RegExp(token)
  const open: string[] = []
  let expected: Expected = 'value'
  const afterValue = (): Expected => {
    const container = open.at(-1)
    return container === undefined ? 'end' : container === '{' ? ', or }' : ', or ]'
  }
  for (let at = 0; ; at = scan.lastIndex) {
    scan.lastIndex = at
    const found = scan.exec(text)
    const start = /[^\t\n\r ]/g
    start.lastIndex = at
    const offset = start.exec(text)?.index ?? text.length
    if (offset === text.length && expected === 'end') return null
    if (found === null || expected === 'end') return locate(text, offset, expected)
    const [, mark, string] = found
    if (mark === '}' && (expected === ', or }' || expected === 'key or }') || mark === ']' && (expected === ', or ]' || expected === 'value or ]')) {
      open.pop()
      expected = afterValue()
    } else if (mark === ',' && expected === ', or }') expected = 'key'
    else if (mark === ',' && expected === ', or ]') expected = 'value'
    else if (mark === ':' && expected === ':') expected = 'value'
    else if (string !== undefined && (expected === 'key' || expected === 'key or }')) expected = ':'
    else if (expected !== 'value' && expected !== 'value or ]') return locate(text, offset, expected)
    else if (mark === '{' || mark === '[') {
      open.push(mark)
      expected = mark === '{' ? 'key or }' : 'value or ]'
    } else if (mark === undefined) expected = afterValue()
    else return locate(text, offset, expected)
  }
}
