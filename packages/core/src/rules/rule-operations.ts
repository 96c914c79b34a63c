import { z } from 'zod'
import { SightlineError } from '../errors.ts'
import { defineMutation, defineQuery, type Operation } from '../operations/define-operation.ts'
import type { OperationContext } from '../operations/operation-context.ts'
import { parseWith } from '../operations/parse-with.ts'
import type { Stored } from '../ports/collections.ts'
import type { RuleOperations, RuleSpec } from '../protocol/rules.ts'
import { spellName } from '../protocol/spell-name.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import { type RuleInForce, toRule } from './rule.ts'
import type { RuleBook, StoredRule } from './rule-book.ts'
import { RULES } from './rule-records.ts'
import { judgeWaiting, ruleFields, ruleName } from './rule-schema.ts'

export interface RuleOperationsOptions {
  readonly link: Pick<StorageLink, 'run'>
  readonly book: Pick<RuleBook, 'all' | 'get'>
  /** It is stored; null: deleted. */
  changed(team: string, name: string, rule: StoredRule | null): void
}

const ATTEMPTS = 5
const ruleSpec = z.strictObject(ruleFields)
const waitingSpec = ruleSpec.superRefine(judgeWaiting)
const rule = z.object({
  ...ruleFields,
  name: z.string(),
  // Of a later version of this software it may be of a kind that is not known here.
  condition: z.looseObject({ kind: z.string() }),
  origin: z.enum(['built-in', 'config', 'stored']),
  enabled: z.boolean(),
})

const noSuchRule = (name: string): SightlineError =>
  new SightlineError('NOT_FOUND', `There is no rule ${spellName(name)}; rules.list names those there are.`)

const demandEditable = ({ origin, name }: RuleInForce): void => {
  if (origin !== 'config') return
  const message = 'is a rule of the configuration, and is changed there'
  throw new SightlineError('INVALID_INPUT', `${spellName(name)} ${message}.`, { fields: [{ path: 'name', message }] })
}

/** The group `rules`: how a service's numbers become incidents. */
export const ruleOperations = (options: RuleOperationsOptions): { readonly [N in keyof RuleOperations]: Operation } => {
  const { link, book } = options

  const load = async (team: string, name: string): Promise<Stored<StoredRule> | null> =>
    (await link.run((driver) => driver.collection(RULES).load({ team }, [name])))[0] ?? null

  const shown = (team: string, name: string) => {
    const found = book.get(team, name)
    if (found === null) throw noSuchRule(name)
    return toRule(found)
  }

  /** `next` is asked again where somebody else wrote meanwhile; `undefined` deletes. */
  const write = async (
    { team, commit }: OperationContext,
    name: string,
    next: (stored: StoredRule | null) => Promise<StoredRule | undefined>,
  ): Promise<void> => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const stored = await load(team, name)
      const value = await next(stored?.value ?? null)
      if (value === undefined && stored === null) return
      const outcome = await commit({ store: RULES.name, id: name, expected: stored?.version ?? null, value })
      if (!outcome.ok) continue
      options.changed(team, name, value ?? null)
      return
    }
    throw new SightlineError('CONFLICT', `The rule ${spellName(name)} is being changed by somebody else.`)
  }

  const edit = async (context: OperationContext, name: string, changes: Partial<StoredRule>) => {
    const inForce = book.get(context.team, name)
    if (inForce !== null) demandEditable(inForce)
    await write(context, name, async (stored) => {
      const base = stored ?? toStored(inForce)
      if (base === null) throw noSuchRule(name)
      const { name: _name, enabled, ...spec } = { ...base, ...changes }
      // Each field was judged by itself: together they must fit as well. What is not touched stays as somebody entered it.
      const schema = ['condition', 'forMs', 'times'].some((field) => field in changes) ? waitingSpec : ruleSpec
      return { ...((await parseWith(schema, spec)) as RuleSpec), name, enabled }
    })
    return shown(context.team, name)
  }

  return {
    'rules.list': defineQuery({
      permission: 'rules:view',
      summary: 'Every rule: built in, configured, and entered while it runs.',
      input: z.strictObject({}),
      output: z.object({ items: z.array(rule), next: z.null() }),
      http: { method: 'GET', path: '/rules' },
      handle: (_, { team }) => ({ items: book.all(team).map(toRule), next: null }),
    }),
    'rules.create': defineMutation({
      permission: 'rules:manage',
      summary: 'Enters a rule. It holds at once, in every process.',
      input: z.strictObject({ name: ruleName, ...ruleFields }).superRefine(judgeWaiting),
      output: rule,
      http: { method: 'POST', path: '/rules' },
      handle: async ({ name, ...spec }, context) => {
        if (book.get(context.team, name) !== null) throw alreadyThere(name)
        const value: StoredRule = { ...(spec as RuleSpec), name, enabled: true }
        const outcome = await context.commit({ store: RULES.name, id: name, expected: null, value })
        if (!outcome.ok) throw alreadyThere(name)
        options.changed(context.team, name, value)
        return shown(context.team, name)
      },
    }),
    'rules.update': defineMutation({
      permission: 'rules:manage',
      summary: 'Changes fields of a rule; the others stay. A built-in rule is replaced until that is deleted.',
      input: z.strictObject({ name: ruleName, changes: z.strictObject(ruleFields).partial() }),
      output: rule,
      http: { method: 'PATCH', path: '/rules/:name' },
      handle: ({ name, changes }, context) => edit(context, name, changes as Partial<RuleSpec>),
    }),
    'rules.delete': defineMutation({
      permission: 'rules:manage',
      summary: 'Deletes a rule that was entered while it ran. What is open under it is resolved.',
      input: z.strictObject({ name: ruleName }),
      output: z.object({ deleted: z.boolean() }),
      http: { method: 'DELETE', path: '/rules/:name' },
      handle: async ({ name }, context) => {
        const inForce = book.get(context.team, name)
        if (inForce !== null) demandEditable(inForce)
        if (inForce?.origin === 'built-in') {
          const message = 'is built in; switch it off with rules.setEnabled'
          throw new SightlineError('INVALID_INPUT', `${spellName(name)} ${message}.`, { fields: [{ path: 'name', message }] })
        }
        let isThere = false
        await write(context, name, async (stored) => {
          isThere = stored !== null
          return undefined
        })
        return { deleted: isThere }
      },
    }),
    'rules.setEnabled': defineMutation({
      permission: 'rules:manage',
      summary: 'Switches a rule on or off.',
      input: z.strictObject({ name: ruleName, enabled: z.boolean() }),
      output: rule,
      http: { method: 'PUT', path: '/rules/:name/enabled' },
      handle: ({ name, enabled }, context) => edit(context, name, { enabled }),
    }),
  }
}

const alreadyThere = (name: string): SightlineError =>
  new SightlineError('CONFLICT', `There is a rule ${spellName(name)} already.`)

/** A built-in rule as the start of one that is stored. */
const toStored = (rule: RuleInForce | null): StoredRule | null => {
  if (rule === null || rule.condition.kind === 'code') return null
  const { origin: _origin, condition, ...rest } = rule
  return { ...rest, condition }
}
