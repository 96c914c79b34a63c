import { canonicalJson, sortedKeys } from '../protocol/canonical-json.ts'
import { toPointer } from '../protocol/json-pointer.ts'
import type { Detector } from './detector.ts'
import { ExactNumber } from './exact-number.ts'
import { type Deadband, isWithin, type RuleState } from './field-rules.ts'
import { type ParsedDocument, tooDeep } from './parse-document.ts'

export type { Deadbands } from './field-rules.ts'

/** The numbers of a document's fields that have a deadband: JSON Pointer to spelling. */
export type BandedNumbers = ReadonlyMap<string, string>

/** Of every document without deadbands. */
export const noNumbers: BandedNumbers = new Map()

export interface CanonicalForm {
  readonly text: string
  /** Empty without deadbands. */
  readonly numbers: BandedNumbers
}

export interface CanonicalOptions {
  readonly document: ParsedDocument
  readonly detector: Detector
  /** Numbers within the band of these are written as these. Default none. */
  readonly stored?: BandedNumbers
}

interface Walk {
  readonly isExact: boolean
  readonly stored: BandedNumbers
  readonly numbers: Map<string, string>
}

const checkDepth = (value: unknown, room: number): void => {
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return
  if (room === 0) throw new RangeError('Nested too deeply.')
  for (const item of Object.values(value)) checkDepth(item, room - 1)
}

const spellNumber = (value: unknown): string | null =>
  value instanceof ExactNumber ? value.spelling : typeof value === 'number' ? String(value) : null

const renderNumber = (spelled: string, deadband: Deadband, path: string, walk: Walk): string => {
  walk.numbers.set(path, spelled)
  const stored = walk.stored.get(path)
  return stored !== undefined && isWithin(deadband, Number(stored), Number(spelled)) ? stored : spelled
}

const render = (value: unknown, state: RuleState | null, room: number, path: string, walk: Walk): string => {
  if (state === null && !walk.isExact) return canonicalJson(value, room)
  const number = spellNumber(value)
  if (number !== null) return state?.deadband == null ? number : renderNumber(number, state.deadband, path, walk)
  if (typeof value !== 'object' || value === null) return canonicalJson(value)
  if (room === 0) throw new RangeError('Nested too deeply.')
  const isArray = Array.isArray(value)
  let text = ''
  for (const key of isArray ? value.keys() : sortedKeys(value)) {
    const child = (value as Record<string | number, unknown>)[key]
    const next = state === null ? null : state.at(String(key))
    if (next?.isIgnored) {
      checkDepth(child, room - 1)
      continue
    }
    const item = render(child, next, room - 1, next === null ? '' : toPointer(path, key), walk)
    text += `${text && ','}${isArray ? item : `${canonicalJson(key)}:${item}`}`
  }
  return isArray ? `[${text}]` : `{${text}}`
}

/**
 * The canonical form of a parsed document by its rules, and the numbers that the next document is measured by.
 *
 * @throws SightlineError `BAD_DOCUMENT` where it is nested too deeply, also in ignored fields.
 */
export const canonicalForm = ({ document, detector, stored = noNumbers }: CanonicalOptions): CanonicalForm => {
  const walk: Walk = { isExact: document.isExact, stored, numbers: new Map() }
  try {
    return { text: render(document.value, detector.root, detector.maxDepth, '', walk), numbers: walk.numbers }
  } catch (cause) {
    throw cause instanceof RangeError ? tooDeep(detector.maxDepth) : cause
  }
}

/**
 * The canonical text of a JSON value: keys sorted by UTF-16 code units, no white space, numbers as `JSON.stringify` spells them, ignored
 * fields left out. Its SHA-1 is the `hash` of a snapshot.
 *
 * @throws SightlineError `BAD_DOCUMENT` where the value is nested deeper than the rules allow.
 * @example canonicalize({ b: 1, a: 2, at: 3 }, compileDetector({ ignore: ['at'] })) // '{"a":2,"b":1}'
 */
export const canonicalize = (value: unknown, detector: Detector): string =>
  canonicalForm({ document: { value, isExact: false }, detector }).text
