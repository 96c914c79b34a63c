import { z } from 'zod'

/** What one place of a JSON document must hold; all that is given must be so. Without any: it must be there. */
export interface JsonRule {
  /** A JSON Pointer: `/queue/depth`, `/items/0/name`. */
  readonly path: string
  readonly equals?: string | number | boolean | null
  /** A number greater than this. */
  readonly above?: number
  /** A number less than this. */
  readonly below?: number
  /** False: nothing may be there. Default true. */
  readonly exists?: boolean
}

const finite = z.number('must be a number')

export const jsonRuleSchema = z
  .strictObject(
    {
      path: z
        .string('must be a JSON Pointer, such as /queue/depth')
        .regex(/^(?:\/(?:[^~/]|~[01])*)*$/u, 'must be a JSON Pointer, such as /queue/depth')
        .max(1_000, 'must be at most 1000 characters long'),
      equals: z
        .union([z.string(), z.number(), z.boolean(), z.null()], 'must be a text, a number, true, false or null')
        .optional(),
      above: finite.optional(),
      below: finite.optional(),
      exists: z.boolean('must be true or false').optional(),
    },
    'must be an object with a path',
  )
  .superRefine(({ exists, equals, above, below }, context) => {
    if (exists === false && (equals !== undefined || above !== undefined || below !== undefined)) {
      context.addIssue({ code: 'custom', path: ['exists'], message: 'contradicts the rest of the rule' })
    }
  })

/** Where the document breaks the rule, to follow on "The body of … "; null where it does not. Shows numbers, never texts. */
export const judgeJson = (document: unknown, rule: JsonRule): string | null => {
  const place = rule.path === '' ? 'the whole document' : rule.path
  const found = resolve(document, rule.path)
  if (rule.exists === false) return found === undefined ? null : `has ${place}, which must not be there`
  if (found === undefined) return `has no ${place}`
  if (rule.equals !== undefined && found !== rule.equals) {
    return `has ${show(found)} at ${place}, which must be ${typeof rule.equals === 'string' ? 'the text expected' : rule.equals}`
  }
  if (rule.above !== undefined && !(typeof found === 'number' && found > rule.above)) {
    return `has ${show(found)} at ${place}, which must be above ${rule.above}`
  }
  if (rule.below !== undefined && !(typeof found === 'number' && found < rule.below)) {
    return `has ${show(found)} at ${place}, which must be below ${rule.below}`
  }
  return null
}

const resolve = (document: unknown, pointer: string): unknown => {
  let found = document
  for (const key of pointer.split('/').slice(1)) {
    const name = key.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof found !== 'object' || found === null) return undefined
    // An array's items only: not its `length`.
    if (Array.isArray(found) && !/^(?:0|[1-9]\d*)$/.test(name)) return undefined
    if (!Object.hasOwn(found, name)) return undefined
    found = (found as Readonly<Record<string, unknown>>)[name]
  }
  return found
}

const show = (value: unknown): string => {
  if (typeof value === 'string') return 'another text'
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  return String(value)
}
