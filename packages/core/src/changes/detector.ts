import { type FieldFault, SightlineError } from '../errors.ts'
import { canonicalJson } from '../protocol/canonical-json.ts'
import { sha1 } from './digest.ts'
import { parseFieldPath } from './field-path.ts'
import { compileFieldRules, type Deadband, type Deadbands, type FieldRule, type RuleState } from './field-rules.ts'

/** Part of every fingerprint: raise it when the same rules come to give another hash. */
const algorithm = 1

/**
 * What is no change. Paths name fields from the top: `generatedAt`, `meta.generatedAt`, `hosts.*.uptime` or `hosts[].uptime` (any key
 * or index), `**.generatedAt` (at any depth); a backslash takes the next character as it is (`a\.b` is one key).
 */
export interface DetectionRules {
  /** Fields left out before comparing, with all that is below them. */
  readonly ignore?: readonly string[]
  /**
   * By path, how far a number may be from the last stored one: `0.5`, or `{ percent: 5 }` of the stored number. The stored number stays
   * the measure, so that a slow drift adds up and is a change once it leaves the band.
   */
  readonly deadband?: Deadbands
  /** How many arrays and objects may lie in one another, 1 to 1,000, default 200; beyond, a document is a `BAD_DOCUMENT`. */
  readonly maxDepth?: number
}

/** Rules made ready for use: plain data, safe to share between targets. */
export interface Detector {
  /** Lower-case hex SHA-1 over the rules and the algorithm's version: two detectors of one fingerprint give equal hashes. */
  readonly fingerprint: string
  readonly maxDepth: number
  /** Where the rules begin, at the document itself; null without any. */
  readonly root: RuleState | null
  readonly hasDeadbands: boolean
}

const isBand = (band: unknown): boolean => typeof band === 'number' && Number.isFinite(band) && band >= 0

const isDeadband = (deadband: unknown): boolean =>
  isBand(deadband) || (typeof deadband === 'object' && deadband !== null && 'percent' in deadband && isBand(deadband.percent))

/**
 * Compiles detection rules, once for each target's configuration.
 *
 * @throws SightlineError `INVALID_CONFIG`; `fields` lists every fault (`ignore.0`, `deadband.cpu..load`, `maxDepth`).
 * @example compileDetector({ ignore: ['generatedAt'], deadband: { 'hosts.*.load': 0.5 } })
 */
export const compileDetector = ({ ignore = [], deadband = {}, maxDepth = 200 }: DetectionRules = {}): Detector => {
  const faults: FieldFault[] = []
  const rules: FieldRule[] = []
  const addRule = (path: string, text: string, band: Deadband | null) => {
    const steps = parseFieldPath(text)
    if (typeof steps === 'string') faults.push({ path, message: `The path ${steps}.` })
    else rules.push({ steps, deadband: band })
  }
  ignore.forEach((text, i) => {
    addRule(`ignore.${i}`, text, null)
  })
  for (const [text, band] of Object.entries(deadband)) {
    if (isDeadband(band)) addRule(`deadband.${text}`, text, band)
    else faults.push({ path: `deadband.${text}`, message: 'A deadband is a number of at least 0, or { percent } of one.' })
  }
  if (!(Number.isInteger(maxDepth) && maxDepth >= 1 && maxDepth <= 1_000)) {
    faults.push({ path: 'maxDepth', message: 'It must be a whole number from 1 to 1,000.' })
  }
  if (faults.length > 0) {
    const first = faults[0] as FieldFault
    throw new SightlineError('INVALID_CONFIG', `Bad detection rules: ${first.path}: ${first.message}`, { fields: faults })
  }
  const spelled = [...new Set(rules.map((rule) => canonicalJson(rule)))].sort()
  return {
    fingerprint: sha1(canonicalJson({ algorithm, rules: spelled })),
    maxDepth,
    root: compileFieldRules(rules),
    hasDeadbands: rules.some((rule) => rule.deadband !== null),
  }
}
