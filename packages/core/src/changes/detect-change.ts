import type { Json, Version } from '../ports/identity.ts'
import type { Snapshot } from '../ports/snapshots.ts'
import { type BandedNumbers, noNumbers } from './canonical-writer.ts'
import { canonicalForm } from './canonicalize.ts'
import { changedSections } from './changed-sections.ts'
import type { Detector } from './detector.ts'
import { sha1 } from './digest.ts'
import { decodeDocument, encodeDocument } from './document-text.ts'
import { scanJson } from './json-scan.ts'

/** What the next document of a target is compared with: the last one stored. */
export interface Baseline {
  /** The stored version; null before the first. A changed document's baseline still carries the version it was compared with. */
  readonly version: Version | null
  /** SHA-1 of the last bytes that were found to be this content. */
  readonly rawDigest: string
  /** SHA-1 of the canonical form; '' for a stored body that is no readable document. */
  readonly hash: string
  readonly body: Json
  /** Fingerprint of the rules that gave `hash`. */
  readonly detector: string
  /** The stored numbers that deadbands measure by. */
  readonly numbers: BandedNumbers
}

/** Really changed. `baseline` stands for the new document; give it the version once its write has won. */
export interface Change {
  readonly kind: 'changed'
  /** The document's text as received, without a byte order mark. */
  readonly body: Json
  /** `body`, parsed. Computed when first read. */
  readonly value: unknown
  readonly hash: string
  /** Names of the top-level fields that differ, sorted; all of them for a first document. Computed when first read. */
  readonly sections: readonly string[]
  readonly baseline: Baseline
}

/**
 * - `same-bytes`: what was last seen, byte for byte; the baseline stays.
 * - `same-content`: other bytes, no change by the rules; keep `baseline`, which knows these bytes now.
 * - `changed`: store it.
 */
export type Detection = { readonly kind: 'same-bytes' } | { readonly kind: 'same-content'; readonly baseline: Baseline } | Change

const sameBytes: Detection = { kind: 'same-bytes' }

interface Candidate {
  readonly rawDigest: string
  readonly body: Json
}

// The hash that a stored document has by today's rules.
const restate = (
  stored: Pick<Baseline, 'version' | 'rawDigest' | 'hash' | 'body' | 'detector'>,
  detector: Detector,
): Baseline => {
  const isCurrent = stored.detector === detector.fingerprint
  const known = { version: stored.version, rawDigest: stored.rawDigest, body: stored.body, detector: detector.fingerprint }
  if (isCurrent && !detector.hasDeadbands) return { ...known, hash: stored.hash, numbers: noNumbers }
  try {
    const { bytes, numbers } = canonicalForm({ tape: scanJson(stored.body, detector.maxDepth), detector })
    return { ...known, hash: isCurrent ? stored.hash : sha1(bytes), numbers }
  } catch {
    return { ...known, hash: '', numbers: noNumbers }
  }
}

class FoundChange implements Change {
  readonly kind = 'changed'
  readonly baseline: Baseline
  readonly #before: Baseline | null
  readonly #detector: Detector
  #parsed: { readonly value: unknown } | null = null
  #sections: readonly string[] | null = null

  constructor({
    before,
    baseline,
    detector,
  }: { readonly before: Baseline | null; readonly baseline: Baseline; readonly detector: Detector }) {
    this.baseline = baseline
    this.#before = before
    this.#detector = detector
  }

  get body(): Json {
    return this.baseline.body
  }

  get hash(): string {
    return this.baseline.hash
  }

  get value(): unknown {
    this.#parsed ??= { value: JSON.parse(this.body) }
    return this.#parsed.value
  }

  get sections(): readonly string[] {
    const before = this.#before === null || this.#before.hash === '' ? null : this.#before.body
    this.#sections ??= changedSections({ before, after: this.body, detector: this.#detector })
    return this.#sections
  }
}

const compare = (previous: Baseline | null, { rawDigest, body }: Candidate, detector: Detector): Detection => {
  const tape = scanJson(body, detector.maxDepth)
  const own = canonicalForm({ tape, detector })
  const hash = sha1(own.bytes)
  const before = previous === null || previous.detector === detector.fingerprint ? previous : restate(previous, detector)
  if (before !== null) {
    const isSame =
      hash === before.hash ||
      (before.numbers.size > 0 && sha1(canonicalForm({ tape, detector, stored: before.numbers }).bytes) === before.hash)
    if (isSame) return { kind: 'same-content', baseline: { ...before, rawDigest } }
  }
  return new FoundChange({
    before,
    baseline: { version: before?.version ?? null, rawDigest, hash, body, detector: detector.fingerprint, numbers: own.numbers },
    detector,
  })
}

/**
 * Says whether the bytes a provider sent are a change. Bytes seen last time are recognised by their digest, before any parsing.
 *
 * @throws SightlineError `BAD_DOCUMENT` for what is not UTF-8, not JSON or nested too deeply; the baseline stays good.
 * @example
 * const found = detectChange(baseline, observation.bytes, detector)
 * if (found.kind === 'changed') await store(found.body, found.hash)
 * if (found.kind !== 'same-bytes') baseline = found.baseline
 */
export const detectChange = (baseline: Baseline | null, bytes: Uint8Array, detector: Detector): Detection => {
  const rawDigest = sha1(bytes)
  if (baseline !== null && baseline.rawDigest === rawDigest) return sameBytes
  return compare(baseline, { rawDigest, body: decodeDocument(bytes) }, detector)
}

/**
 * The same for a value made in process; its text is what `JSON.stringify` writes.
 *
 * @throws SightlineError `BAD_DOCUMENT` for what has no JSON, or is nested too deeply.
 */
export const detectValueChange = (baseline: Baseline | null, value: unknown, detector: Detector): Detection => {
  const body = encodeDocument(value)
  const rawDigest = sha1(body)
  if (baseline !== null && baseline.rawDigest === rawDigest) return sameBytes
  return compare(baseline, { rawDigest, body }, detector)
}

/**
 * The baseline after a restart, or from another writer's snapshot. A body stored under other rules is hashed again by today's, so that an
 * upgrade or a new rule is no change. Never throws: of a stored body that is no readable document, the next good one is a change.
 */
export const rebase = (snapshot: Pick<Snapshot, 'version' | 'body' | 'hash' | 'detector'>, detector: Detector): Baseline =>
  restate({ ...snapshot, rawDigest: sha1(snapshot.body) }, detector)
