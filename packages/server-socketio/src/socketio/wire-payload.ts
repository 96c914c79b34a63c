import { type FieldFault, SightlineError } from '@sightline/core'
import { type CallMessage, isRecord, type Mark, type SubscribeMessage } from '@sightline/core/protocol'
import { RefusedPayload } from './lenient-parser.ts'

type Fields = Readonly<Record<string, unknown>>

const invalid = (message: string, fields: readonly FieldFault[] = []): SightlineError =>
  new SightlineError('INVALID_INPUT', message, fields.length === 0 ? {} : { fields })

/** Longest name of anything; what is longer is nobody's name. */
const MAX_NAME_LENGTH = 512

/** The payload of an event: an object; none at all reads as `{}`. */
const readFields = (payload: unknown): Fields => {
  if (payload instanceof RefusedPayload) throw invalid(payload.reason)
  if (payload === undefined) return {}
  if (!isRecord(payload)) throw invalid('The payload must be an object.')
  return payload
}

const readText = (fields: Fields, path: string, options: { readonly isRequired: boolean }): string | undefined => {
  const value = Object.hasOwn(fields, path) ? fields[path] : undefined
  if (value === undefined && !options.isRequired) return undefined
  if (typeof value === 'string' && value !== '' && value.length <= MAX_NAME_LENGTH) return value
  const message = value === undefined ? 'is missing' : `must be a text of 1 to ${MAX_NAME_LENGTH} characters`
  throw invalid(`${path} ${message}.`, [{ path, message }])
}

const requireText = (fields: Fields, path: string): string => readText(fields, path, { isRequired: true }) ?? ''

/** `{ source }`, `{ api, source }`, or `{}` where the source may be left out. */
export const readSource = (
  payload: unknown,
  options: { readonly isRequired: boolean },
): { readonly api: string | undefined; readonly source: string | undefined } => {
  const fields = readFields(payload)
  return { source: readText(fields, 'source', options), api: readText(fields, 'api', { isRequired: false }) }
}

const isVersion = (value: unknown): boolean =>
  isRecord(value) && typeof value.epoch === 'string' && Number.isSafeInteger(value.revision)

const readMark = (fields: Fields): Mark | undefined => {
  const { since } = fields
  if (since === undefined) return undefined
  const isMark =
    isRecord(since) &&
    (since.version === undefined || isVersion(since.version)) &&
    (since.digest === undefined || typeof since.digest === 'string') &&
    (since.cursor === undefined || typeof since.cursor === 'string')
  if (isMark) return since as Mark
  const message = 'must be a mark: { version: { epoch, revision }, digest, cursor }, each left out or as the server sent it'
  throw invalid(`since ${message}.`, [{ path: 'since', message }])
}

export const readSubscribe = (payload: unknown): SubscribeMessage => {
  const fields = readFields(payload)
  const since = readMark(fields)
  return {
    topic: requireText(fields, 'topic'),
    ...(fields.params === undefined ? {} : { params: fields.params }),
    ...(since === undefined ? {} : { since }),
    ...(fields.delta === true ? { delta: true } : {}),
  }
}

export const readCall = (payload: unknown): CallMessage => {
  const fields = readFields(payload)
  const idempotencyKey = readText(fields, 'idempotencyKey', { isRequired: false })
  return {
    operation: requireText(fields, 'operation'),
    input: fields.input,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  }
}
