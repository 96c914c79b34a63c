import { isJsonSchema, type JsonSchema } from './json-schema.ts'

/** The schemas of an OpenAPI document, each once, by name. */
export interface SchemaComponents {
  readonly schemas: Readonly<Record<string, JsonSchema>>
  /** Puts a schema among the components, its own definitions (`$defs`) with it; answers a reference to it. */
  add(name: string, schema: JsonSchema): JsonSchema
  /** A part of the schema added as `name`, to stand elsewhere. */
  part(name: string, schema: JsonSchema): JsonSchema
}

const BASE: Readonly<Record<string, JsonSchema>> = {
  Problem: {
    type: 'object',
    required: ['type', 'title', 'status', 'code', 'message', 'correlationId'],
    properties: {
      type: { type: 'string' },
      title: { type: 'string' },
      status: { type: 'integer' },
      code: { type: 'string' },
      message: { type: 'string' },
      correlationId: { type: 'string' },
      retryAfterMs: { type: 'integer' },
      fields: {
        type: 'array',
        items: {
          type: 'object',
          required: ['path', 'message'],
          properties: { path: { type: 'string' }, message: { type: 'string' } },
        },
      },
    },
  },
  Frame: {
    type: 'object',
    required: ['topic', 'kind'],
    properties: { topic: { type: 'string' }, kind: { enum: ['state', 'keyed', 'log'] } },
  },
}

/** Component names take word characters, dots and dashes. */
const safe = (name: string): string => name.replace(/[^\w.-]/g, '_')

export const createSchemaComponents = (): SchemaComponents => {
  const schemas: Record<string, JsonSchema> = { ...BASE }

  const rewrite = (value: unknown, owner: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => rewrite(item, owner))
    if (!isJsonSchema(value)) return value
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, inner]) => {
        if (key === '$schema' || key === '$defs') return []
        if (key !== '$ref' || typeof inner !== 'string') return [[key, rewrite(inner, owner)]]
        const definition = inner.startsWith('#/$defs/') ? `.${safe(inner.slice('#/$defs/'.length))}` : ''
        return [[key, `#/components/schemas/${owner}${definition}`]]
      }),
    )
  }

  const add = (name: string, schema: JsonSchema): JsonSchema => {
    const owner = safe(name)
    schemas[owner] = rewrite(schema, owner) as JsonSchema
    for (const [key, definition] of Object.entries(isJsonSchema(schema.$defs) ? schema.$defs : {})) {
      schemas[`${owner}.${safe(key)}`] = rewrite(definition, owner) as JsonSchema
    }
    return { $ref: `#/components/schemas/${owner}` }
  }

  return { schemas, add, part: (name, schema) => rewrite(schema, safe(name)) as JsonSchema }
}
