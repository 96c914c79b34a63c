import { SightlineError } from '@sightline/core'
import { z } from 'zod'
import { type JsonRule, jsonRuleSchema, judgeJson } from './json-rule.ts'
import { type TextExpectation, textExpectationFields, textJudge } from './text-expectation.ts'

/**
 * What a body must hold; all that is given must be so.
 *
 * @example
 * httpProbe({ url, expectBody: { contains: 'ready', json: [{ path: '/queue/depth', below: 1_000 }] } })
 */
export interface BodyExpectation extends TextExpectation {
  /** Rules for places of a JSON document, at most 50. A body that is no JSON breaks them all. */
  readonly json?: readonly JsonRule[]
}

export const bodyExpectationSchema = z
  .strictObject(
    {
      ...textExpectationFields,
      json: z
        .array(jsonRuleSchema, 'must be a list of rules')
        .min(1, 'must have at least one rule')
        .max(50, 'must have at most 50 rules')
        .optional(),
    },
    'must be an object with contains, matches or json',
  )
  .refine((expectation) => Object.keys(expectation).length > 0, 'must be an object with contains, matches or json')

/** What is wrong with a body; null where it is as expected. `target` is host and port. */
export type BodyJudge = (body: Uint8Array, target: string) => SightlineError | null

export const bodyJudge = (expectation: BodyExpectation): BodyJudge => {
  const judgeText = textJudge(expectation, 'expectBody')
  const rules = expectation.json ?? []
  return (body, target) => {
    const fault = judgeText(body)
    if (fault !== null) return new SightlineError('UNAVAILABLE', `The body of ${target} ${fault.message}.`)
    if (rules.length === 0) return null
    let document: unknown
    try {
      document = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8'))
    } catch {
      return new SightlineError('BAD_DOCUMENT', `The body of ${target} is no JSON, as expectBody.json needs.`)
    }
    for (const [index, rule] of rules.entries()) {
      const broken = judgeJson(document, rule)
      if (broken !== null) return new SightlineError('UNAVAILABLE', `The body of ${target} ${broken} (expectBody.json.${index}).`)
    }
    return null
  }
}
