import type { Info, Operation, RegisteredTopic } from '@sightline/core'
import { isJsonSchema, type JsonSchema, propertiesOf, toJsonSchema } from './json-schema.ts'
import { logPaths } from './log-paths.ts'
import { type OperationRoute, operationRoutesOf } from './operation-route.ts'
import { createSchemaComponents, type SchemaComponents } from './schema-components.ts'
import { systemPaths } from './system-paths.ts'

export interface OpenApiOptions {
  readonly operations: ReadonlyMap<string, Operation>
  readonly topics: ReadonlyMap<string, RegisteredTopic>
  readonly info: Pick<Info, 'name' | 'version'>
  /** The path everything stands below; empty for none. */
  readonly base: string
  /** Where Prometheus finds its text, beside `/api/metrics`. */
  readonly metricsPath: string
  /** Is there an index of links at the root, and no page? */
  readonly hasIndex: boolean
}

export type OpenApiDocument = {
  readonly openapi: '3.1.0'
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> } & Readonly<Record<string, unknown>>
} & Readonly<Record<string, unknown>>

const PREFIX = '/api/v1'

const problems = (...statuses: readonly number[]): Record<string, object> =>
  Object.fromEntries([
    ...statuses.map((status) => [String(status), { $ref: '#/components/responses/Problem' }]),
    ['default', { $ref: '#/components/responses/Problem' }],
  ])

const json = (schema: JsonSchema): object => ({ 'application/json': { schema } })

const requiredOf = ({ required }: JsonSchema): readonly string[] => (Array.isArray(required) ? required : [])

const queryParameters = (
  components: SchemaComponents,
  name: string,
  schema: JsonSchema,
  without: readonly string[] = [],
): object[] =>
  Object.entries(propertiesOf(schema))
    .filter(([field]) => !without.includes(field))
    .map(([field, property]) => ({
      name: field,
      in: 'query',
      required: requiredOf(schema).includes(field),
      ...(property.type === 'object' ? { style: 'deepObject', explode: true } : {}),
      schema: components.part(name, property),
    }))

/** What stands at one of an operation's paths: its own, or the one every operation has. */
interface ServedOperation {
  readonly name: string
  readonly operation: Operation
  readonly route: OperationRoute
  /** Of this path alone. */
  readonly operationId: string
}

const describeOperation = (components: SchemaComponents, { name, operation, route, operationId }: ServedOperation): object => {
  const { takesQuery, fields } = route
  const input = toJsonSchema(operation.input, 'input')
  const inputName = `${name}.input`
  components.add(inputName, input)
  const output = components.add(`${name}.output`, toJsonSchema(operation.output, 'output'))
  const properties = propertiesOf(input)
  const inPath = fields.map((field) => ({
    name: field,
    in: 'path',
    required: true,
    schema: components.part(inputName, properties[field] ?? { type: 'string' }),
  }))
  const body: JsonSchema = {
    ...input,
    ...(fields.length === 0 || !isJsonSchema(input.properties)
      ? {}
      : {
          properties: Object.fromEntries(Object.entries(properties).filter(([field]) => !fields.includes(field))),
          required: requiredOf(input).filter((field) => !fields.includes(field)),
        }),
  }
  const key = { name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string', maxLength: 255 } }
  return {
    operationId,
    tags: [name.split('.')[0]],
    ...(operation.summary === '' ? {} : { summary: operation.summary }),
    'x-permission': operation.permission,
    parameters: [
      ...inPath,
      ...(takesQuery ? queryParameters(components, inputName, input, fields) : []),
      ...(operation.kind === 'mutation' ? [key] : []),
    ],
    ...(takesQuery
      ? {}
      : { requestBody: { required: requiredOf(body).length > 0, content: json(components.part(inputName, body)) } }),
    responses: {
      '200': { description: 'The answer.', content: json(output) },
      ...problems(400, 401, 403, 404, ...(takesQuery ? [] : [409, 413, 415]), 429, 503),
    },
  }
}

const describeTopic = (components: SchemaComponents, name: string, { params, permission, kind }: RegisteredTopic): object => ({
  operationId: `topic.${name}`,
  tags: ['topics'],
  summary: `The whole of the topic ${name}, as a new subscriber would be answered.`,
  'x-permission': permission,
  'x-kind': kind,
  parameters: params === null ? [] : queryParameters(components, `${name}.params`, addedParams(components, name, params)),
  responses: {
    '200': { description: 'The frame. Carries an ETag.', content: json({ $ref: '#/components/schemas/Frame' }) },
    '304': { description: 'Nothing new since the ETag in If-None-Match.' },
    ...problems(400, 401, 403, 404, 429, 503),
  },
})

const addedParams = (components: SchemaComponents, name: string, params: NonNullable<RegisteredTopic['params']>): JsonSchema => {
  const schema = toJsonSchema(params, 'input')
  components.add(`${name}.params`, schema)
  return schema
}

/** OpenAPI 3.1 of everything served over HTTP, generated from the registries. */
export const openApiDocument = ({ operations, topics, info, base, ...served }: OpenApiOptions): OpenApiDocument => {
  const components = createSchemaComponents()
  const paths = { ...systemPaths(served), ...logPaths(operations, PREFIX) }
  const put = (path: string, method: string, description: object): void => {
    paths[path] = { ...paths[path], [method]: description }
  }
  for (const [name, operation] of operations) {
    for (const [index, route] of operationRoutesOf(name, operation).entries()) {
      const operationId = index === 0 ? name : `operations.${name}`
      const path = `${PREFIX}${route.path.replace(/:(\w+)/g, '{$1}')}`
      put(path, route.method, describeOperation(components, { name, operation, route, operationId }))
    }
  }
  for (const [name, topic] of topics)
    put(`${PREFIX}/topics/${encodeURIComponent(name)}`, 'get', describeTopic(components, name, topic))
  return {
    openapi: '3.1.0',
    info: { title: info.name, version: info.version, description: 'Operations, topics and system endpoints of Sightline.' },
    servers: [{ url: base === '' ? '/' : base }],
    paths,
    components: {
      schemas: components.schemas,
      responses: {
        Problem: {
          description: 'What went wrong (RFC 9457).',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    },
    security: [{}, { bearer: [] }],
  }
}
