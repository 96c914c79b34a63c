import type { Json } from '../ports/identity.ts'
import { noNumbers } from './canonical-writer.ts'
import { type CanonicalFields, canonicalFields } from './canonicalize.ts'
import type { Detector } from './detector.ts'
import { scanJson } from './json-scan.ts'

export interface SectionsOptions {
  /** Null for a first document: all of `after` is new. */
  readonly before: Json | null
  readonly after: Json
  readonly detector: Detector
}

const none: CanonicalFields = { texts: new Map(), numbers: noNumbers }

/**
 * The names of the top-level fields that differ by the rules, sorted. A document that is no object has no fields.
 *
 * @throws SightlineError `BAD_DOCUMENT` where a body is no JSON, or nested deeper than the rules allow.
 */
export const changedSections = ({ before, after, detector }: SectionsOptions): readonly string[] => {
  const old = before === null ? none : canonicalFields({ tape: scanJson(before, detector.maxDepth), detector })
  const now = canonicalFields({ tape: scanJson(after, detector.maxDepth), detector, stored: old.numbers })
  const names = new Set([...old.texts.keys(), ...now.texts.keys()])
  return [...names].sort().filter((name) => old.texts.get(name) !== now.texts.get(name))
}
