import { type ErrorCode, type FieldFault, SightlineError } from '../errors.ts'
import type { Schema, SchemaIssue } from '../protocol/standard-schema.ts'

const pathOf = (issue: SchemaIssue): string =>
  (issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.')

/** A value as a schema reads it; rejects with `code` and every failing field. */
export const parseWith = async (schema: Schema, value: unknown, code: ErrorCode = 'INVALID_INPUT'): Promise<unknown> => {
  const result = await schema['~standard'].validate(value)
  if (result.issues === undefined) return result.value
  const fields: FieldFault[] = result.issues.map((issue) => ({ path: pathOf(issue), message: issue.message }))
  const first = fields[0]
  const place = first === undefined || first.path === '' ? '' : `${first.path}: `
  throw new SightlineError(code, `${code === 'BAD_DOCUMENT' ? 'The document' : 'The input'} does not fit its schema: ${place}${first?.message ?? ''}`, { fields })
}
