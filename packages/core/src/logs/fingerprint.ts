import { sha1 } from '../changes/digest.ts'
import { isRecord } from '../protocol/is-record.ts'

/** Of a message, in characters. */
const LOOKED_AT = 1_000
const STACK_LOOKED_AT = 16_384

/** What differs from one occurrence to the next. Each begins where a run of its own characters does. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  [/(?<![\da-f-])[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}(?![\da-f-])/gi, '<id>'],
  [/"[^"\n]{0,500}"|'[^'\n]{0,500}'|`[^`\n]{0,500}`/g, '<text>'],
  [/\b0x[\da-f]+\b/gi, '<hex>'],
  [/\b(?=[\da-f]*\d)(?=\d*[a-f])[\da-f]{6,64}\b/gi, '<hex>'],
  [/\d+(?:[.,:]\d+)*/g, '<n>'],
]

const withoutVarying = (text: string): string =>
  VARYING.reduce((shape, [pattern, name]) => shape.replace(pattern, name), text)
    .replace(/\s+/g, ' ')
    .trim()

const FRAME = /^\s{0,40}(?:at |File "|[\w$.<>]{1,200}@)/

/** Where it was thrown, without line and column: a build moves them. */
const firstFrame = (stack: string): string => {
  const line =
    stack
      .slice(0, STACK_LOOKED_AT)
      .split('\n')
      .find((candidate) => FRAME.test(candidate)) ?? ''
  return line
    .slice(0, 500)
    .replace(/:\d+(?::\d+)?/g, '')
    .replace(/, line \d+/g, '')
    .trim()
}

const STACK_NAMES = ['stack', 'stacktrace', 'stack_trace', 'exception.stacktrace']
const ERROR_NAMES = ['err', 'error', 'exception', 'cause']

const stackOf = (fields: Readonly<Record<string, unknown>>): string | null => {
  for (const record of [fields, ...ERROR_NAMES.map((name) => fields[name])]) {
    if (!isRecord(record)) continue
    for (const name of STACK_NAMES) {
      const stack = record[name]
      if (typeof stack === 'string') return stack
    }
  }
  return null
}

export interface FingerprintSources {
  readonly service: string
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/**
 * Names the kind of an error: that of all whose messages differ in numbers, ids and quoted texts alone, thrown at the same place of a
 * service. Sixteen hexadecimal digits.
 */
export const fingerprintOf = ({ service, message, fields }: FingerprintSources): string => {
  const [head = ''] = message.slice(0, LOOKED_AT).split('\n')
  const frame = firstFrame(stackOf(fields) ?? message)
  return sha1([service, withoutVarying(head), frame].join('\n').toWellFormed()).slice(0, 16)
}
