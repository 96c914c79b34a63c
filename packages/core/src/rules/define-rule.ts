import type { Sample } from '../domain/sample.ts'
import type { DefinedProbe, ProbeMetrics } from '../polling/define-probe.ts'
import type { RuleSpec } from '../protocol/rules.ts'
import type { CodeCondition, Reading, RuleInForce } from './rule.ts'

/** A probe, or the function that makes it: either tells a rule the names of its numbers. */
export type ProbeSource<Metrics extends ProbeMetrics> = DefinedProbe<Metrics> | ((...options: never[]) => DefinedProbe<Metrics>)

/** A rule, as its author writes it in TypeScript. */
export interface RuleDefinition<Metrics extends ProbeMetrics> extends Omit<RuleSpec, 'condition'> {
  /** Unique; letters, digits, `-`, `_` and `.`, at most 64. */
  readonly name: string
  /** For the types of the numbers. Without it the condition sees every number of a sample by name. */
  readonly probe?: ProbeSource<Metrics>
  /**
   * What one observation says. Pure and fast: it runs for each sample, and again at a replay. An observation without a number that the
   * condition reads says nothing (it is no recovery), nor does one on which the condition throws.
   */
  readonly condition: (values: Metrics) => Reading
}

/** A rule in code: plain data and a function. Goes into `rules` of the configuration or of a service, and into `testRules`. */
export interface DefinedRule extends Omit<RuleInForce, 'condition' | 'origin' | 'enabled'> {
  readonly condition: CodeCondition
}

/**
 * Makes a rule of a condition in code. Everything else is as in a rule that is data.
 *
 * @example
 * const backlog = defineRule({ name: 'backlog', probe: queueDepth, severity: 'high', forMs: 60_000,
 *   condition: ({ depth }) => (depth > 500 ? 'breach' : depth < 300 ? 'ok' : 'hold') })
 */
export const defineRule = <Metrics extends ProbeMetrics = Sample['values']>({
  probe,
  condition,
  ...rule
}: RuleDefinition<Metrics>): DefinedRule => ({
  ...rule,
  condition: {
    kind: 'code',
    probe: typeof probe === 'object' ? probe.name : null,
    read: condition as unknown as CodeCondition['read'],
  },
})
