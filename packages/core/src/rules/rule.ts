import type { Sample } from '../domain/sample.ts'
import type { Rule, RuleCondition, RuleSpec } from '../protocol/rules.ts'

/** What one observation says of a rule. `hold`: neither; it stays what it was. */
export type Reading = 'breach' | 'ok' | 'hold'

/** A condition in code, on the numbers of one sample. Pure: it is replayed. */
export interface CodeCondition {
  readonly kind: 'code'
  /** The probe whose numbers it is written against, where that has a name. */
  readonly probe: string | null
  readonly read: (values: Sample['values']) => Reading
}

/** A rule as it is evaluated: from the engine itself, the configuration (data or code), or entered while it runs. */
export interface RuleInForce extends Omit<RuleSpec, 'condition'> {
  readonly name: string
  readonly condition: RuleCondition | CodeCondition
  readonly origin: Rule['origin']
  readonly enabled: boolean
}

/** As lists and screens show it: a function is named, not shown. */
export const toRule = ({ condition, ...rule }: RuleInForce): Rule => ({
  ...rule,
  condition: condition.kind === 'code' ? { kind: 'code', probe: condition.probe } : condition,
})
