import type { RuleCondition, RuleSpec } from '../protocol/rules.ts'
import { builtInRules } from './built-in-rules.ts'
import type { RuleInForce } from './rule.ts'

/** A rule as it is stored. */
export interface StoredRule extends RuleSpec {
  readonly name: string
  readonly enabled: boolean
}

/** Every rule there is, by name. What is stored replaces what is built in; the configuration, which is changed where it is written, both. */
export interface RuleBook {
  all(team: string): readonly RuleInForce[]
  /** Those that are enabled. The same rule is the same object until it changes. */
  inForce(team: string): readonly RuleInForce[]
  get(team: string, name: string): RuleInForce | null
  /** null: there is none (any more). */
  put(team: string, name: string, rule: StoredRule | null): void
  /** All that are stored of a team, once they are loaded. */
  replace(team: string, rules: readonly StoredRule[]): void
}

const conditionKinds: ReadonlySet<string> = new Set<RuleCondition['kind']>([
  'verdict',
  'above',
  'below',
  'silence',
  'availability',
  'burn-rate',
])

/** One that a later version of this software stored may say what is not known here: it is listed, and rests. */
const isKnown = ({ condition }: StoredRule): boolean => conditionKinds.has(condition.kind)

export const createRuleBook = (configured: readonly RuleInForce[]): RuleBook => {
  const stored = new Map<string, Map<string, RuleInForce>>()
  const known = new Map<string, readonly RuleInForce[]>()
  const enabled = new Map<string, readonly RuleInForce[]>()

  const of = (team: string): Map<string, RuleInForce> => {
    const found = stored.get(team) ?? new Map<string, RuleInForce>()
    stored.set(team, found)
    return found
  }

  const forget = (team: string): void => {
    known.delete(team)
    enabled.delete(team)
  }

  const toRuleInForce = (rule: StoredRule): RuleInForce => ({ ...rule, origin: 'stored', enabled: rule.enabled && isKnown(rule) })

  const all = (team: string): readonly RuleInForce[] => {
    const found = known.get(team)
    if (found !== undefined) return found
    const byName = new Map(builtInRules.map((rule) => [rule.name, rule]))
    for (const rule of [...of(team).values(), ...configured]) byName.set(rule.name, rule)
    const rules = [...byName.values()]
    known.set(team, rules)
    return rules
  }

  return {
    all,
    inForce: (team) => {
      const found = enabled.get(team) ?? all(team).filter((rule) => rule.enabled)
      enabled.set(team, found)
      return found
    },
    get: (team, name) => all(team).find((rule) => rule.name === name) ?? null,
    put: (team, name, rule) => {
      if (rule === null) of(team).delete(name)
      else of(team).set(name, toRuleInForce(rule))
      forget(team)
    },
    replace: (team, rules) => {
      const before = stored.get(team)
      const same = (rule: StoredRule): RuleInForce => {
        const next = toRuleInForce(rule)
        const found = before?.get(rule.name)
        return found !== undefined && JSON.stringify(found) === JSON.stringify(next) ? found : next
      }
      stored.set(team, new Map(rules.map((rule) => [rule.name, same(rule)])))
      forget(team)
    },
  }
}
