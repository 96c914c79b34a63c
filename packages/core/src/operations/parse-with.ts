import { type ErrorCode, type FieldFault, SightlineError } from '../errors.ts'
import type { Schema, SchemaIssue, SchemaResult } from '../protocol/standard-schema.ts'

const pathOf = (issue: SchemaIssue): string =>
  (issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.')

const MAX_FAULTS = 100
const LONGEST = 300

const shorten = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text)

const validate = async (schema: Schema, value: unknown): Promise<SchemaResult<unknown>> => {
  try {
    return await schema['~standard'].validate(value)
  } catch (thrown) {
    // A schema that refers to itself follows a value down until the stack ends.
    if (thrown instanceof RangeError) return { issues: [{ message: 'it is nested too deeply' }] }
    throw thrown
  }
}

/** A value as a schema reads it; rejects with `code` and the failing fields, a hundred at most. */
export const parseWith = async (schema: Schema, value: unknown, code: ErrorCode = 'INVALID_INPUT'): Promise<unknown> => {
  const result = await validate(schema, value)
  if (result.issues === undefined) return result.value
  // An issue may repeat what it was given.
  const fields: FieldFault[] = result.issues
    .slice(0, MAX_FAULTS)
    .map((issue) => ({ path: shorten(pathOf(issue)), message: shorten(issue.message) }))
  const first = fields[0]
  const place = first === undefined || first.path === '' ? '' : `${first.path}: `
  throw new SightlineError(
    code,
    `${code === 'BAD_DOCUMENT' ? 'The document' : 'The input'} does not fit its schema: ${place}${first?.message ?? ''}`,
    { fields },
  )
}
