import { z } from 'zod'
import { compileDetector } from './changes/detector.ts'
import { closestName } from './closest-name.ts'
import { must, named, part, positive, quantity, text } from './config-value.ts'
import { type FieldFault, SightlineError } from './errors.ts'
import { invalidConfig } from './invalid-config.ts'
import { isHttpUrl, monitoringFields, route } from './monitoring-schema.ts'
import type { Config, Plugins, RegionNames, TargetOptions } from './options.ts'
import { isRecord } from './protocol/is-record.ts'

const times = {
  intervalMs: quantity('ms', 100, 86_400_000).optional(),
  timeoutMs: quantity('ms', 10, 600_000).optional(),
}

// Only that they exist is known here: their values are judged by the probe kind, when it makes the probe.
const urlOptions = [
  'headers',
  'method',
  'body',
  'expectedStatus',
  'maxRedirects',
  'connection',
  'compression',
  'apiVersionHeader',
  'tls',
] as const satisfies readonly (keyof TargetOptions)[]

const target = z
  .strictObject(
    {
      ...times,
      url: must<string>('must be an http:// or https:// URL', isHttpUrl).optional(),
      ...Object.fromEntries(urlOptions.map((name) => [name, z.unknown().optional()])),
      probe: part('a probe, as defineProbe makes it', 'collect').optional(),
      label: text(100).optional(),
    },
    { error: 'must be an object with a url' },
  )
  .refine((value) => (value.url === undefined) !== (value.probe === undefined), {
    error: ({ input }) =>
      isRecord(input) && input.url !== undefined ? 'has both a url and a probe; leave one out' : 'needs a url',
    when: ({ value }) => isRecord(value),
  })

/** Faults of detection rules where they stand in the configuration: `compileDetector` is the one judge of them. */
const detectionFaults = (rules: Parameters<typeof compileDetector>[0], context: z.RefinementCtx): void => {
  try {
    compileDetector(rules)
  } catch (error) {
    for (const { path, message } of SightlineError.from(error).fields ?? []) {
      context.addIssue({ code: 'custom', path: [path.slice(path.indexOf('.') + 1)], message })
    }
  }
}

const ignore = must<readonly string[]>(
  'must be a list of field paths',
  (value) => Array.isArray(value) && value.every((path) => typeof path === 'string'),
).superRefine((value, context) => {
  if (Array.isArray(value)) detectionFaults({ ignore: value.map(String) }, context)
})

const deadband = must<Record<string, never>>('must be an object of field paths and numbers', isRecord).superRefine(
  (value, context) => {
    if (isRecord(value)) detectionFaults({ deadband: value }, context)
  },
)

const api = z.strictObject(
  {
    ...times,
    regions: named('region', target),
    ignore: ignore.optional(),
    deadband: deadband.optional(),
    retries: quantity('tries', 0, 10).optional(),
    maxPerSecond: positive('polls', 1_000_000).optional(),
    maxBodyBytes: quantity('bytes', 1, 1_073_741_824).optional(),
    schema: must<object>(
      'must be a Standard Schema',
      (value) => (isRecord(value) || typeof value === 'function') && '~standard' in value,
    ).optional(),
  },
  { error: 'must be an object with regions' },
)

const count = quantity('items', 1, Number.MAX_SAFE_INTEGER).optional()

const config = z.strictObject(
  {
    apis: named('api', api, { mayBeEmpty: true }).optional(),
    name: text(100).optional(),
    access: part('an access policy, such as allowAll()', 'authenticate').optional(),
    storage: part('a storage, such as memoryStorage()', 'connect', 'ping', 'close').optional(),
    bus: part('a bus', 'open', 'publish', 'close').optional(),
    cache: part('a cache', 'get', 'set', 'delete').optional(),
    sessions: part('a session store', 'save', 'delete', 'load', 'list').optional(),
    scheduler: part('a scheduler', 'start', 'put', 'close').optional(),
    clock: part('a clock', 'now', 'monotonic', 'setTimer').optional(),
    logger: part('a logger, such as pino()', 'debug', 'info', 'warn', 'error', 'child').optional(),
    http: part('a kind of probe, such as httpProbeKind()', 'parse', 'open').optional(),
    retention: z
      .strictObject(
        {
          historyDays: positive('days', 36_500).optional(),
          logDays: positive('days', 36_500).optional(),
          rawHours: positive('hours', 8_760).optional(),
          minuteDays: positive('days', 3_660).optional(),
          hourDays: positive('days', 36_500).optional(),
        },
        { error: 'must be an object' },
      )
      .optional(),
    ...monitoringFields,
    tuning: z
      .strictObject(
        {
          maxBufferedWrites: count,
          maxBufferedBytes: quantity('bytes', 1, Number.MAX_SAFE_INTEGER).optional(),
          provisionalAfterMs: quantity('ms', 0, 600_000).optional(),
          storageTimeoutMs: quantity('ms', 1, 600_000).optional(),
          reconcileMs: quantity('ms', 10, 86_400_000).optional(),
          heartbeatMs: quantity('ms', 10, 86_400_000).optional(),
        },
        { error: 'must be an object' },
      )
      .optional(),
    random: must<() => number>('must be a function', (value) => typeof value === 'function').optional(),
    plugins: z
      .array(
        must<object>('must be a plugin, as definePlugin makes it', (value) => isRecord(value) && typeof value.name === 'string'),
        { error: 'must be a list of plugins' },
      )
      .optional(),
  },
  { error: 'must be an object with apis' },
)

/** `apis.orders.regions.us-east`; a name that has a dot of its own is quoted. */
export const spellPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((spelled, step) => {
    const name = String(step)
    if (/^$|[.[\]"\s]/.test(name)) return `${spelled}[${JSON.stringify(name)}]`
    return spelled === '' ? name : `${spelled}.${name}`
  }, '')

const keysOf = (schema: z.ZodType): readonly string[] => (schema instanceof z.ZodObject ? Object.keys(schema.shape) : [])

/** The options that surround the apis. */
export const commonOptions: readonly string[] = keysOf(config).filter((key) => key !== 'apis')

/** The keys known at a place of the configuration. */
const knownKeys = (path: readonly PropertyKey[]): readonly string[] => {
  if (path.length === 0) return keysOf(config)
  if (path[0] === 'apis') return keysOf(path.length === 2 ? api : target)
  if (path[0] === 'routes') return keysOf(route)
  const section: unknown = config.shape[path[0] as 'retention' | 'tuning' | 'entered']
  return section instanceof z.ZodOptional ? keysOf(section.unwrap() as z.ZodType) : []
}

const toFaults = (issue: z.core.$ZodIssue): readonly FieldFault[] => {
  if (issue.code !== 'unrecognized_keys') return [{ path: spellPath(issue.path), message: issue.message }]
  return issue.keys.map((key) => {
    const meant = closestName(key, knownKeys(issue.path))
    return {
      path: spellPath([...issue.path, key]),
      message: meant === null ? 'is not an option' : `is not an option; did you mean ${meant}?`,
    }
  })
}

/** Every fault of a configuration, in its own order; none where it is good. No message repeats a value. */
export const findConfigFaults = (raw: unknown): readonly FieldFault[] => [
  ...missingTargets(raw),
  ...(config.safeParse(raw).error?.issues ?? []).flatMap(toFaults),
]

/** Something has to be watched: an api, or a service. */
const missingTargets = (raw: unknown): readonly FieldFault[] => {
  if (!isRecord(raw)) return []
  const { apis, services } = raw
  if (isRecord(services) && Object.keys(services).length > 0) return []
  if (apis === undefined) return [{ path: 'apis', message: 'is missing: name at least one api, or services' }]
  return isRecord(apis) && Object.keys(apis).length === 0 ? [{ path: 'apis', message: 'needs at least one api' }] : []
}

/**
 * A value as a configuration, judged whole and passed through as it is (parts made by code included).
 *
 * @throws SightlineError `INVALID_CONFIG`; `fields` lists every fault, and so does the message.
 */
export const parseConfig = (raw: unknown): Config<RegionNames, unknown, Plugins> => {
  const faults = findConfigFaults(raw)
  if (faults.length === 0) return raw as Config<RegionNames, unknown, Plugins>
  throw invalidConfig(faults)
}
