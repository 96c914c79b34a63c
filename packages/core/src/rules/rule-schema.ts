import { z } from 'zod'
import { must, text } from '../config-value.ts'
import { isRecord } from '../protocol/is-record.ts'
import { builtInRules } from './built-in-rules.ts'

const DAY_MS = 86_400_000

// Words of JSON Schema rather than functions: operations are described by them.
const number = (message: string) => z.number({ error: message })

const whole = (unit: string, from: number, to: number) => {
  const error = `must be a whole number of ${unit} from ${from.toLocaleString('en-US')} to ${to.toLocaleString('en-US')}`
  return number(error).int({ error }).min(from, { error }).max(to, { error })
}

const duration = whole('ms', 0, 31 * DAY_MS)
const finite = number('must be a finite number')
const percentFault = 'must be a number above 0 and below 100, such as 99.9'
const objectivePercent = number(percentFault).gt(0, { error: percentFault }).lt(100, { error: percentFault })

const namesFault = 'must be a list of 1 to 100 names'
const name = z.string({ error: namesFault }).min(1, { error: namesFault }).max(100, { error: namesFault })
const names = z.array(name, { error: namesFault }).min(1, { error: namesFault }).max(100, { error: namesFault }).readonly()

const threshold = (kind: 'above' | 'below') =>
  z
    .strictObject({ kind: z.literal(kind), value: text(100), enter: finite, exit: finite.optional() })
    .refine(({ enter, exit }) => exit === undefined || (kind === 'above' ? exit <= enter : exit >= enter), {
      path: ['exit'],
      error: kind === 'above' ? 'must not be above enter' : 'must not be below enter',
    })

const condition = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('verdict'), is: z.enum(['down', 'degraded'], { error: 'must be down or degraded' }) }),
    threshold('above'),
    threshold('below'),
    z.strictObject({ kind: z.literal('silence'), afterMs: whole('ms', 1_000, 31 * DAY_MS).optional() }),
    z.strictObject({ kind: z.literal('availability'), objectivePercent, windowMs: whole('ms', 60_000, 31 * DAY_MS) }),
    z.strictObject({
      kind: z.literal('burn-rate'),
      objectivePercent,
      periodMs: whole('ms', DAY_MS, 366 * DAY_MS).optional(),
    }),
  ],
  { error: 'must have a kind: verdict, above, below, silence, availability or burn-rate' },
)

const times = z
  .strictObject(
    { breaches: whole('observations', 1, 30), of: whole('observations', 1, 30) },
    { error: 'must be an object of breaches and of' },
  )
  .refine(({ breaches, of }) => breaches <= of, { path: ['breaches'], error: 'must not be more than of' })

const flapping = z.strictObject(
  { turns: whole('turns', 3, 100), withinMs: whole('ms', 1_000, DAY_MS) },
  { error: 'must be an object of turns and withinMs, or null' },
)

const quorumFault = 'must be any, majority, all, region, or a whole number from 1 to 100'
const quorum = z.union([z.enum(['any', 'majority', 'all', 'region']), z.number().int().min(1).max(100)], { error: quorumFault })

/** The fields of a rule that is data. */
export const ruleFields = {
  title: text(100).optional(),
  severity: z.enum(['low', 'medium', 'high', 'critical'], { error: 'must be low, medium, high or critical' }),
  services: names.optional(),
  tags: names.optional(),
  condition,
  forMs: duration.optional(),
  times: times.optional(),
  recoverAfter: whole('observations', 1, 1_000).optional(),
  keepFiringForMs: duration.optional(),
  flapping: flapping.nullable().optional(),
  quorum: quorum.optional(),
}

/** How long, or how often, a rule waits for what it is about. */
interface Waiting {
  readonly condition?: { readonly kind: string } | undefined
  readonly forMs?: number | undefined
  readonly times?: { readonly breaches: number } | undefined
}

/** What a rule's fields are together: silence is nothing that is observed, so that it neither lasts nor is counted. */
export const judgeWaiting = ({ condition, forMs = 0, times }: Waiting, context: z.RefinementCtx): void => {
  if (condition?.kind !== 'silence') return
  const message = 'says nothing about silence: give its condition afterMs'
  if (forMs > 0) context.addIssue({ code: 'custom', path: ['forMs'], message })
  if (times !== undefined && times.breaches > 1) context.addIssue({ code: 'custom', path: ['times'], message })
}

const nameFault = 'must be 1 to 64 letters, digits, "-", "_" and ".", a letter or digit first'
const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/

export const ruleName = z.string({ error: nameFault }).regex(namePattern, { error: nameFault })

const isDefinedRule = (value: unknown): boolean =>
  isRecord(value) && isRecord(value.condition) && value.condition.kind === 'code' && typeof value.condition.read === 'function'

const definedRule = z.looseObject({
  ...ruleFields,
  name: ruleName,
  condition: must<object>('must be a condition, as defineRule makes it', isRecord),
})

const configFields = {
  ...ruleFields,
  enabled: must<boolean>('must be true or false', (value) => typeof value === 'boolean').optional(),
}
const plainRule = z.strictObject(configFields, { error: 'must be a rule: an object of severity, condition and more' })
const wholeRule = plainRule.superRefine(judgeWaiting)
/** By name: what a configuration says of a built-in rule is judged together with the rest of it. */
const partsOfBuiltIn = new Map(
  builtInRules.map((rule) => [
    rule.name,
    plainRule.partial().superRefine((changes, context) => judgeWaiting({ ...rule, ...changes }, context)),
  ]),
)

const schemaFor = (name: string, value: unknown): z.ZodType => {
  if (isDefinedRule(value)) return definedRule
  return partsOfBuiltIn.get(name) ?? wholeRule
}

/** `rules` of a configuration, with a path for every fault: each by its name. */
export const rulesConfig = z.unknown().superRefine((value, context) => {
  if (!isRecord(value)) {
    context.addIssue({ code: 'custom', message: 'must be an object of rules by name' })
    return
  }
  for (const [name, rule] of Object.entries(value)) {
    const add = (message: string, path: readonly string[] = []): void =>
      context.addIssue({ code: 'custom', path: [name, ...path], message })
    if (!namePattern.test(name)) add(nameFault)
    if (rule === false) {
      if (!partsOfBuiltIn.has(name)) add('is no built-in rule that could be switched off')
      continue
    }
    for (const issue of schemaFor(name, rule).safeParse(rule).error?.issues ?? []) {
      context.addIssue({ ...issue, path: [name, ...issue.path] } as Parameters<typeof context.addIssue>[0])
    }
    if (isDefinedRule(rule) && (rule as { readonly name: unknown }).name !== name) add(`must be the rule's key here`, ['name'])
  }
})
