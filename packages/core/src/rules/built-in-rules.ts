import type { RuleSpec } from '../protocol/rules.ts'
import type { RuleInForce } from './rule.ts'

/**
 * Rules that hold without being written. One that is about a number is silent for every service that has not that number. A rule of the same
 * name in the configuration, or entered while it runs, takes its place; `rules.setEnabled` switches one off.
 *
 * Thresholds are where a person would want to look, not where something is merely unusual: CPU and memory have to stay there for five
 * minutes, latency for two, since short peaks are normal work. Availability and burn rate need an objective that somebody chose: they are
 * off until they are switched on or replaced.
 */
const specs: Readonly<Record<string, RuleSpec & { readonly isOff?: true }>> = {
  'service-down': { title: 'Down', severity: 'critical', condition: { kind: 'verdict', is: 'down' } },
  'heartbeat-missed': { title: 'Silent', severity: 'high', condition: { kind: 'silence' }, quorum: 'any' },
  'certificate-expiring': {
    title: 'Certificate expires within 14 days',
    severity: 'medium',
    condition: { kind: 'below', value: 'certificateDays', enter: 14, exit: 15 },
    quorum: 'any',
    flapping: null,
  },
  'high-latency': {
    title: 'Slow',
    severity: 'medium',
    condition: { kind: 'above', value: 'latencyMs', enter: 2_000, exit: 1_500 },
    forMs: 120_000,
    recoverAfter: 3,
  },
  'high-cpu': {
    title: 'CPU busy',
    severity: 'medium',
    condition: { kind: 'above', value: 'cpuPercent', enter: 90, exit: 80 },
    forMs: 300_000,
    recoverAfter: 3,
    quorum: 'any',
  },
  'high-ram': {
    title: 'Memory nearly full',
    severity: 'high',
    condition: { kind: 'above', value: 'ramPercent', enter: 90, exit: 85 },
    forMs: 300_000,
    recoverAfter: 3,
    quorum: 'any',
  },
  'error-rate': {
    title: 'Many errors',
    severity: 'high',
    condition: { kind: 'above', value: 'errorRatePercent', enter: 5, exit: 2 },
    forMs: 60_000,
    recoverAfter: 3,
    quorum: 'any',
  },
  'log-rate': {
    title: 'Many error lines in the logs',
    severity: 'medium',
    // Counted over ten seconds.
    condition: { kind: 'above', value: 'logErrors', enter: 10, exit: 5 },
    times: { breaches: 3, of: 5 },
    recoverAfter: 3,
    quorum: 'any',
  },
  availability: {
    title: 'Availability below 99.9 % over a day',
    severity: 'medium',
    condition: { kind: 'availability', objectivePercent: 99.9, windowMs: 86_400_000 },
    isOff: true,
  },
  'burn-rate': {
    title: 'Error budget of 99.9 % used up too fast',
    severity: 'high',
    condition: { kind: 'burn-rate', objectivePercent: 99.9 },
    isOff: true,
  },
}

/** Hold for every service, whatever rules it names. */
export const essentialRules: ReadonlySet<string> = new Set(['service-down', 'heartbeat-missed'])

export const builtInRules: readonly RuleInForce[] = Object.entries(specs).map(([name, { isOff = false, ...spec }]) => ({
  ...spec,
  name,
  origin: 'built-in',
  enabled: !isOff,
}))
