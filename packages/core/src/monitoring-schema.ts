import { z } from 'zod'
import { must, part, quantity } from './config-value.ts'
import { isRecord } from './protocol/is-record.ts'
import { rulesConfig } from './rules/rule-schema.ts'
import { findCycle } from './services/dependency-cycle.ts'
import { findServiceFaults } from './services/service-schema.ts'

export const isHttpUrl = (value: unknown): boolean =>
  typeof value === 'string' && URL.canParse(value) && ['http:', 'https:'].includes(new URL(value).protocol)

const isDefinedRule = (rule: unknown): boolean => isRecord(rule) && typeof rule.name === 'string' && isRecord(rule.condition)

/** A service's rules may stand there in code; it is judged with their names. */
const withRuleNames = (service: unknown): unknown =>
  isRecord(service) && Array.isArray(service.rules)
    ? { ...service, rules: service.rules.map((rule) => (isDefinedRule(rule) ? (rule as { readonly name: string }).name : rule)) }
    : service

const namesIn = (value: unknown, field: string): readonly string[] => {
  const names = isRecord(value) ? value[field] : undefined
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : []
}

const services = must<Record<string, unknown>>('must be an object of services by name', isRecord).superRefine(
  (value, context) => {
    if (!isRecord(value)) return
    const needs = new Map(Object.entries(value).map(([name, service]) => [name, { dependsOn: namesIn(service, 'dependsOn') }]))
    for (const [name, { dependsOn }] of needs) {
      const cycle = findCycle(needs, name, dependsOn)
      if (cycle === null) continue
      const message = `must not lead back to the service: ${cycle.join(' needs ')}`
      context.addIssue({ code: 'custom', path: [name, 'dependsOn'], message })
    }
    for (const [name, service] of Object.entries(value)) {
      for (const { path, message } of findServiceFaults(name, withRuleNames(service))) {
        const inside = path.slice(`services.${name}`.length).replace(/^\./, '')
        context.addIssue({ code: 'custom', path: inside === '' ? [name] : [name, ...inside.split('.')], message })
      }
    }
  },
)

const names = z.array(z.string(), { error: 'must be a list of names' })
const severities = z.array(z.enum(['low', 'medium', 'high', 'critical'], { error: 'must be low, medium, high or critical' }), {
  error: 'must be a list of severities',
})
const pauseMs = quantity('ms', 0, 31 * 86_400_000).optional()
const hourOfDay = must<string>(
  'must be a time of day, such as 22:00',
  (value) => typeof value === 'string' && /^([01]\d|2[0-3]):[0-5]\d$/.test(value),
)
const timeZone = must<string>('must be a time zone, such as Europe/Berlin', (value) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: String(value) })
    return typeof value === 'string'
  } catch {
    return false
  }
})

/** One of `routes`. */
export const route = z.strictObject(
  {
    channels: names.min(1, 'must name at least one channel'),
    severities: severities.optional(),
    services: names.optional(),
    tags: names.optional(),
    teams: names.optional(),
    groupBy: z
      .array(z.enum(['rule', 'service', 'region', 'severity'], { error: 'must be rule, service, region or severity' }), {
        error: 'must be a list',
      })
      .optional(),
    groupWaitMs: pauseMs,
    groupIntervalMs: pauseMs,
    repeatMs: pauseMs,
    continues: must<boolean>('must be true or false', (value) => typeof value === 'boolean').optional(),
    escalate: z
      .strictObject(
        { afterMs: quantity('ms', 1_000, 31 * 86_400_000), channels: names.min(1, 'must name at least one channel') },
        { error: 'must be an object of afterMs and channels' },
      )
      .optional(),
    quietHours: z
      .strictObject(
        { from: hourOfDay, to: hourOfDay, timeZone, except: severities.optional() },
        { error: 'must be an object of from, to and timeZone' },
      )
      .optional(),
  },
  { error: 'must be a route: an object with channels' },
)

/** The fields of `MonitoringOptions`. */
export const monitoringFields = {
  services: services.optional(),
  rules: rulesConfig.optional(),
  notifiers: must<object>('must be an object of notifiers by channel', isRecord)
    .superRefine((value, context) => {
      if (!isRecord(value)) return
      for (const [channel, notifier] of Object.entries(value)) {
        const fault = part('a notifier, such as consoleNotifier()', 'send').safeParse(notifier).error?.issues[0]
        if (fault !== undefined) context.addIssue({ code: 'custom', path: [channel], message: fault.message })
      }
    })
    .optional(),
  routes: z.array(route, { error: 'must be a list of routes' }).optional(),
  probes: z.array(part('a kind of probe, such as httpProbeKind()', 'parse', 'open'), { error: 'must be a list' }).optional(),
  entered: z
    .strictObject(
      { allow: z.union([z.literal('any'), names], { error: "must be a list of networks and host names, or 'any'" }) },
      { error: 'must be an object with allow' },
    )
    .optional(),
  canary: z
    .strictObject(
      {
        urls: z
          .array(must<string>('must be an http:// or https:// URL', isHttpUrl), { error: 'must be a list of URLs' })
          .optional(),
        probes: z.array(part('a probe, such as httpProbe({ url })', 'collect'), { error: 'must be a list' }).optional(),
        intervalMs: quantity('ms', 1_000, 86_400_000).optional(),
        timeoutMs: quantity('ms', 100, 60_000).optional(),
      },
      { error: 'must be an object with urls' },
    )
    .refine(({ urls = [], probes = [] }) => urls.length + probes.length > 0, { error: 'must name at least one url' })
    .optional(),
  spool: part('a spool, such as fileSpool({ file })', 'append', 'read', 'trim').optional(),
  redact: z
    .array(
      must<RegExp>('must be a regular expression', (value) => value instanceof RegExp),
      { error: 'must be a list of regular expressions' },
    )
    .optional(),
  reopenWithinMs: quantity('ms', 0, 86_400_000).optional(),
  dashboardUrl: must<string>('must be an http:// or https:// URL', isHttpUrl).optional(),
}
