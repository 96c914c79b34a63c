import type { Json } from '../ports/identity.ts'
import { type BandedNumbers, canonicalForm, noNumbers } from './canonicalize.ts'
import type { Detector } from './detector.ts'
import { scanJson } from './json-scan.ts'
import { isObjectAt } from './json-tape.ts'

export interface SectionsOptions {
  /** Null for a first document: all of `after` is new. */
  readonly before: Json | null
  readonly after: Json
  readonly detector: Detector
}

interface Fields {
  readonly byName: ReadonlyMap<string, string>
  readonly numbers: BandedNumbers
}

const noFields: Fields = { byName: new Map(), numbers: noNumbers }

const fieldsOf = (body: Json | null, detector: Detector, stored: BandedNumbers): Fields => {
  if (body === null) return noFields
  const tape = scanJson(body, detector.maxDepth)
  if (!isObjectAt(tape, 0)) return noFields
  const places: [name: string, from: number, to: number][] = []
  const { bytes, numbers } = canonicalForm({ tape, detector, stored, onField: (...place) => places.push(place) })
  const decoder = new TextDecoder()
  return { byName: new Map(places.map(([name, from, to]) => [name, decoder.decode(bytes.subarray(from, to))])), numbers }
}

/**
 * The names of the top-level fields that differ by the rules, sorted. A document that is no object has no fields.
 *
 * @throws SightlineError `BAD_DOCUMENT` where a body is no JSON, or nested deeper than the rules allow.
 */
export const changedSections = ({ before, after, detector }: SectionsOptions): readonly string[] => {
  const old = fieldsOf(before, detector, noNumbers)
  const now = fieldsOf(after, detector, old.numbers)
  const names = new Set([...old.byName.keys(), ...now.byName.keys()])
  return [...names].sort().filter((name) => old.byName.get(name) !== now.byName.get(name))
}
