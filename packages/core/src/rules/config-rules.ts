import type { RuleSpec } from '../protocol/rules.ts'
import { builtInRules } from './built-in-rules.ts'
import type { DefinedRule } from './define-rule.ts'
import type { RuleInForce } from './rule.ts'

/**
 * One rule of a configuration: as data, in code, or what a built-in rule of that name is to have instead. `false` switches a built-in
 * one off.
 */
export type ConfigRule =
  | (RuleSpec & { readonly enabled?: boolean })
  | (Partial<RuleSpec> & { readonly enabled?: boolean })
  | DefinedRule
  | false

/**
 * `rules` of a configuration, by name.
 *
 * @example
 * rules: { backlog, 'service-down': { keepFiringForMs: 0 }, 'high-cpu': false,
 *   'slow-checkout': { severity: 'high', services: ['checkout'], condition: { kind: 'above', value: 'latencyMs', enter: 800, exit: 600 } } }
 */
export type ConfigRules = Readonly<Record<string, ConfigRule>>

/** The rules of a configuration that was judged to be good, laid over the built-in ones; `others` stand in services. */
export const configRules = (rules: ConfigRules = {}, others: readonly DefinedRule[] = []): readonly RuleInForce[] => {
  const builtIn = new Map(builtInRules.map((rule) => [rule.name, rule]))
  const own = Object.entries(rules).map(([name, rule]): RuleInForce => {
    const base = builtIn.get(name)
    const changes = rule === false ? { enabled: false } : rule
    return { ...base, enabled: true, ...changes, name, origin: 'config' } as RuleInForce
  })
  const inServices = others
    .filter(({ name }) => !(name in rules))
    .map((rule): RuleInForce => ({ ...rule, origin: 'config', enabled: true }))
  return [...own, ...inServices]
}
