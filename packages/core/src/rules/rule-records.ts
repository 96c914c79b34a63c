import { z } from 'zod'
import type { CollectionDefinition } from '../ports/collections.ts'
import type { StoredRule } from './rule-book.ts'

const StoredRuleShape = z.looseObject({
  name: z.string(),
  enabled: z.boolean(),
  severity: z.string(),
  condition: z.looseObject({ kind: z.string() }),
})

/** What was entered while it ran. */
export const RULES: CollectionDefinition<StoredRule> = {
  name: 'core.rules',
  parse: (raw) => StoredRuleShape.parse(raw) as unknown as StoredRule,
  indexes: { byName: ['name'] },
}

export const RULES_COLLECTIONS = [RULES] as unknown as readonly CollectionDefinition<never>[]
