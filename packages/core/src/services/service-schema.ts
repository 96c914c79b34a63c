import { z } from 'zod'
import { closestName } from '../closest-name.ts'
import { line, must, part, quantity } from '../config-value.ts'
import { type FieldFault, SightlineError } from '../errors.ts'
import type { ProbeKind } from '../ports/probe.ts'
import { isRecord } from '../protocol/is-record.ts'
import type { CheckSpec, ServiceSpec } from '../protocol/services.ts'
import { HEARTBEAT, optionsOf } from './service-record.ts'

/** Bounds of what is entered of a service. Texts are data: nothing in them is ever read as markup, a header or a command. */
const LONGEST_NAME = 100
const MOST_REGIONS = 50
const MOST_TAGS = 20
const LONGEST_TAG = 50
const MOST_DEPENDENCIES = 50
const MOST_RULES = 100
/** As JSON. */
const LONGEST_CHECK = 65_536

const isName = (value: unknown): boolean =>
  typeof value === 'string' && value.length <= LONGEST_NAME && /^[A-Za-z0-9][\w.-]*$/.test(value)

/** Names become parts of ids, paths and rooms, and none looks like another; titles are in any language. */
export const serviceName = must<string>(
  `must be a name of 1 to ${LONGEST_NAME} letters of English, digits, "-", "_" and ".", the first a letter or digit`,
  isName,
)

/** Is it a name that a service can have? */
export const isServiceName = isName

const listOf = <T extends z.ZodType>(noun: string, item: T, { least = 0, most }: { least?: number; most: number }) => {
  const message = `must be a list of ${least} to ${most} ${noun}, each once`
  return z
    .array(item, { error: message })
    .min(least, message)
    .max(most, message)
    .refine((items) => new Set(items).size === items.length, { error: message })
    .readonly()
}

const isHttpUrl = (value: unknown): boolean =>
  typeof value === 'string' &&
  value.length <= 2_048 &&
  URL.canParse(value) &&
  ['http:', 'https:'].includes(new URL(value).protocol)

const isQuorum = (value: unknown): boolean =>
  value === 'any' ||
  value === 'majority' ||
  value === 'all' ||
  (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MOST_REGIONS)

const isShortJson = (value: unknown): boolean => {
  try {
    return JSON.stringify(value).length <= LONGEST_CHECK
  } catch {
    return false
  }
}

const check = must<CheckSpec>(
  `must be an object with a kind, of at most ${LONGEST_CHECK.toLocaleString('en-US')} characters as JSON`,
  (value) => isRecord(value) && typeof value.kind === 'string' && value.kind.length <= LONGEST_NAME && isShortJson(value),
)

/** The fields of `ServiceSpec`, each judged by itself. */
export const specFields = {
  title: line(200).optional(),
  description: must<string>(
    'must be a text of at most 5,000 characters',
    (value) => typeof value === 'string' && value.length <= 5_000 && !/\p{Surrogate}/u.test(value),
  ).optional(),
  url: must<string>('must be an http:// or https:// URL of at most 2,048 characters', isHttpUrl).optional(),
  check: check.optional(),
  regions: listOf('names of regions', serviceName, { least: 1, most: MOST_REGIONS }).optional(),
  intervalMs: quantity('ms', 1_000, 86_400_000).optional(),
  timeoutMs: quantity('ms', 100, 600_000).optional(),
  enabled: must<boolean>('must be true or false', (value) => typeof value === 'boolean').optional(),
  tags: listOf(`tags of 1 to ${LONGEST_TAG} characters`, line(LONGEST_TAG), { most: MOST_TAGS }).optional(),
  owner: line(200).optional(),
  quorum: must<ServiceSpec['quorum'] & {}>(
    `must be any, majority, all or a whole number from 1 to ${MOST_REGIONS}`,
    isQuorum,
  ).optional(),
  dependsOn: listOf('names of services', serviceName, { most: MOST_DEPENDENCIES }).optional(),
  rules: listOf('names of rules', line(200), { most: MOST_RULES }).optional(),
}

const spec = z.strictObject(specFields, { error: 'must be an object' })
const configured = z.strictObject(
  { ...specFields, probe: part('a probe, as defineProbe makes it', 'collect').optional() },
  { error: 'must be an object' },
)

type Kinds = ReadonlyMap<string, Pick<ProbeKind<unknown>, 'parse'>>

/** Every fault of a service as it is entered over the API. No message repeats a value. */
export const findSpecFaults = (
  raw: unknown,
  { kinds, name }: { readonly kinds: Kinds; readonly name?: string },
): FieldFault[] => [...shapeFaults(spec, raw), ...contradictions(raw, name), ...checkFaults(raw, kinds)]

/**
 * Every fault of a service of the configuration that can be told before the kinds of probes are there: what is in `check` is judged at
 * start.
 *
 * @example findServiceFaults('jobs', { intervalMs: 5 }) // [{ path: 'services.jobs.intervalMs', message: 'must be …' }]
 */
export const findServiceFaults = (name: string, raw: unknown): readonly FieldFault[] =>
  under(`services.${name}`, [
    ...(isName(name) ? [] : [{ path: '', message: `must be named with letters of English, digits, "-", "_" and "."` }]),
    ...shapeFaults(configured, raw),
    ...contradictions(raw, name),
  ])

/** The faults of a check's options, as the kind itself finds them. */
export const checkFaults = (raw: unknown, kinds: Kinds): FieldFault[] => {
  if (!isRecord(raw)) return []
  const entered = raw.check ?? (isHttpUrl(raw.url) ? { kind: 'http', url: raw.url } : undefined)
  if (!isRecord(entered) || typeof entered.kind !== 'string' || !isShortJson(entered)) return []
  const options = optionsOf(entered as CheckSpec)
  const at = raw.check === undefined ? '' : 'check'
  if (entered.kind === HEARTBEAT) {
    return Object.keys(options).map((option) => ({
      path: `check.${shorten(option)}`,
      message: 'is not an option of a heartbeat',
    }))
  }
  const kind = kinds.get(entered.kind)
  if (kind === undefined)
    return [{ path: raw.check === undefined ? 'url' : 'check.kind', message: unknownKind(entered.kind, kinds) }]
  try {
    kind.parse(options)
    return []
  } catch (thrown) {
    const { code, fields = [] } = SightlineError.from(thrown)
    if (code === 'INTERNAL' || fields.length === 0) return [{ path: at, message: 'is nothing that this kind of check takes' }]
    return under(at, fields)
  }
}

const unknownKind = (kind: string, kinds: Kinds): string => {
  const known = [HEARTBEAT, ...kinds.keys()]
  const meant = closestName(kind, known)
  return meant === null ? `must be one of ${known.join(', ')}` : `is not a kind of check; did you mean ${meant}?`
}

/** Faults between fields. */
const contradictions = (raw: unknown, name: string | undefined): FieldFault[] => {
  if (!isRecord(raw)) return []
  const faults: FieldFault[] = []
  const given = ['url', 'check', 'probe'].filter((key) => raw[key] !== undefined)
  if (given.length > 1) faults.push({ path: given[1] as string, message: `stands beside ${given[0]}; leave one out` })
  if (name !== undefined && Array.isArray(raw.dependsOn) && raw.dependsOn.includes(name)) {
    faults.push({ path: 'dependsOn', message: 'must not name the service itself' })
  }
  if (Number.isInteger(raw.quorum) && Array.isArray(raw.regions) && (raw.quorum as number) > raw.regions.length) {
    faults.push({ path: 'quorum', message: 'must not be more than there are regions' })
  }
  return faults
}

const shapeFaults = (schema: z.ZodType, raw: unknown): FieldFault[] =>
  (schema.safeParse(raw).error?.issues ?? []).flatMap((issue) => {
    const path = issue.path.map((step) => shorten(String(step))).join('.')
    if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }]
    return issue.keys.slice(0, 20).map((key) => {
      const meant = closestName(key, Object.keys(specFields))
      return { path: shorten(key), message: meant === null ? 'is not an option' : `is not an option; did you mean ${meant}?` }
    })
  })

const LONGEST_PATH = 100
const shorten = (text: string): string => (text.length > LONGEST_PATH ? `${text.slice(0, LONGEST_PATH)}…` : text)

const under = (path: string, faults: readonly FieldFault[]): FieldFault[] =>
  faults.map((fault) => ({ ...fault, path: [path, fault.path].filter((step) => step !== '').join('.') }))

/** The error for faults of an input. */
export const invalidInput = (faults: readonly FieldFault[]): SightlineError => {
  const [first] = faults
  const place = first === undefined || first.path === '' ? '' : `${first.path}: `
  return new SightlineError('INVALID_INPUT', `The input does not fit its schema: ${place}${first?.message ?? ''}`, {
    fields: faults.slice(0, 100),
  })
}
