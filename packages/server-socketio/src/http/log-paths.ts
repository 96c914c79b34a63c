import type { Operation } from '@sightline/core'
import { propertiesOf, toJsonSchema } from './json-schema.ts'
import type { OpenApiPaths } from './system-paths.ts'

const line = { description: 'A line, as in `entries` of `logs.ingest`.', type: 'object', additionalProperties: true }
const tally = {
  type: 'object',
  properties: {
    accepted: { type: 'integer' },
    rejected: { type: 'integer' },
    errors: {
      type: 'array',
      items: { type: 'object', properties: { line: { type: 'integer' }, message: { type: 'string' } } },
    },
  },
  required: ['accepted', 'rejected', 'errors'],
}
const otlp = {
  description: 'An `ExportLogsServiceRequest` of OpenTelemetry, in its JSON encoding.',
  type: 'object',
  properties: { resourceLogs: { type: 'array', items: { type: 'object' } } },
  required: ['resourceLogs'],
}
const problem = { $ref: '#/components/responses/Problem' }
const problems = (...statuses: readonly number[]): Record<string, object> =>
  Object.fromEntries(statuses.map((status) => [String(status), problem]))

const take = (operationId: string, summary: string): object => ({
  operationId,
  tags: ['logs'],
  summary,
  'x-permission': 'logs:write',
  parameters: [
    {
      name: 'Content-Encoding',
      in: 'header',
      required: false,
      schema: { type: 'string', enum: ['identity', 'gzip', 'deflate'] },
    },
  ],
  requestBody: {
    required: true,
    content: {
      'application/x-ndjson': { schema: { type: 'string', description: 'A line of JSON each.' } },
      'application/json': {
        schema: {
          anyOf: [
            { type: 'object', properties: { entries: { type: 'array', items: line } }, required: ['entries'] },
            { type: 'array', items: line },
            otlp,
            line,
          ],
        },
      },
    },
  },
  responses: {
    '200': {
      description: 'How many were taken in, and what was wrong with the first of the others; of OTLP its own partial success.',
      content: { 'application/json': { schema: { anyOf: [tally, { type: 'object' }] } } },
    },
    ...problems(400, 401, 403, 413, 415, 429, 503),
    default: problem,
  },
})

const download = (search: Operation): object => ({
  operationId: 'logs.export',
  tags: ['logs'],
  summary: 'What `logs.search` finds, newest first, as one download of up to a million lines.',
  'x-permission': search.permission,
  parameters: [
    { name: 'format', in: 'query', required: false, schema: { type: 'string', enum: ['ndjson', 'csv'], default: 'ndjson' } },
    ...Object.entries(propertiesOf(toJsonSchema(search.input, 'input')))
      .filter(([name]) => name !== 'limit' && name !== 'cursor')
      .map(([name, schema]) => ({
        name,
        in: 'query',
        required: false,
        ...(schema.type === 'object' ? { style: 'deepObject', explode: true } : {}),
        schema,
      })),
  ],
  responses: {
    '200': {
      description: 'The lines.',
      content: { 'application/x-ndjson': { schema: { type: 'string' } }, 'text/csv': { schema: { type: 'string' } } },
    },
    ...problems(400, 401, 403, 429, 503),
    default: problem,
  },
})

/** Where log lines come in as bodies of their own, and leave as a download, for OpenAPI. */
export const logPaths = (operations: ReadonlyMap<string, Operation>, prefix: string): OpenApiPaths => {
  const search = operations.get('logs.search')
  return {
    ...(operations.has('logs.ingest')
      ? {
          [`${prefix}/logs`]: { post: take('logs.take', 'Takes log lines in: NDJSON, JSON, or OpenTelemetry in JSON.') },
          [`${prefix}/v1/logs`]: {
            post: take('logs.takeOtlp', 'As OTLP/HTTP names it: the endpoint of an exporter is what stands before `/v1/logs`.'),
          },
        }
      : {}),
    ...(search === undefined ? {} : { [`${prefix}/logs/export`]: { get: download(search) } }),
  }
}
