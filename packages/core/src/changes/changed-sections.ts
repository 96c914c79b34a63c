import { type BandedNumbers, canonicalForm, noNumbers } from './canonicalize.ts'
import type { Detector } from './detector.ts'
import type { ParsedDocument } from './parse-document.ts'

export interface SectionsOptions {
  /** Null for a first document: all of `after` is new. */
  readonly before: ParsedDocument | null
  readonly after: ParsedDocument
  readonly detector: Detector
}

const fieldsOf = (document: ParsedDocument | null): Readonly<Record<string, unknown>> => {
  const value = document?.value
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

/**
 * The names of the top-level fields that differ by the rules, sorted. A document that is no object has no fields.
 */
export const changedSections = ({ before, after, detector }: SectionsOptions): readonly string[] => {
  const old = fieldsOf(before)
  const now = fieldsOf(after)
  const form = (document: ParsedDocument, key: string, value: unknown, stored: BandedNumbers) =>
    canonicalForm({ document: { value: Object.fromEntries([[key, value]]), isExact: document.isExact }, detector, stored })
  const differs = (key: string): boolean => {
    const oldForm = before !== null && Object.hasOwn(old, key) ? form(before, key, old[key], noNumbers) : null
    const newForm = Object.hasOwn(now, key) ? form(after, key, now[key], oldForm?.numbers ?? noNumbers) : null
    return (oldForm?.text ?? '{}') !== (newForm?.text ?? '{}')
  }
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].sort().filter(differs)
}
