import type { ServiceOptions } from '../monitoring-options.ts'
import type { DefinedRule } from '../rules/define-rule.ts'
import type { ConfiguredService } from './services-part.ts'

type Configured = Readonly<Record<string, ServiceOptions>>

/** The services with their rules by name. */
export const namedRules = (services: Configured): Readonly<Record<string, ConfiguredService>> =>
  Object.fromEntries(
    Object.entries(services).map(([name, { rules, ...service }]) => [
      name,
      rules === undefined ? service : { ...service, rules: rules.map((rule) => (typeof rule === 'string' ? rule : rule.name)) },
    ]),
  )

/** The rules in code that stand in services, each for those it stands in alone. */
export const codeRulesOf = (services: Configured): readonly DefinedRule[] => {
  const found = new Map<string, { readonly rule: DefinedRule; readonly services: string[] }>()
  for (const [service, { rules = [] }] of Object.entries(services)) {
    for (const rule of rules) {
      if (typeof rule === 'string') continue
      const known = found.get(rule.name)
      if (known === undefined) found.set(rule.name, { rule, services: [service] })
      else known.services.push(service)
    }
  }
  return [...found.values()].map(({ rule, services: names }) => ({ ...rule, services: names }))
}
