import { isRecord, type Schema } from '@sightline/core/protocol'

/** A JSON Schema of draft 2020-12, as far as anybody looks into it here. */
export type JsonSchema = Readonly<Record<string, unknown>>

/**
 * The part of Standard JSON Schema version 1 that is used: what zod from 4.2 and others implement beside Standard Schema.
 * Source: https://standardschema.dev/json-schema
 */
interface Described {
  readonly jsonSchema?: Readonly<
    Record<
      'input' | 'output',
      (options: { readonly target: string; readonly libraryOptions?: object }) => Record<string, unknown>
    >
  >
}

/** zod throws at what JSON Schema has no word for (dates, bigints) unless told to let it be anything. */
const LENIENT = { unrepresentable: 'any' }

/** What a schema takes (`input`) or gives (`output`); `{}`, which is anything, where its library does not say. */
export const toJsonSchema = (schema: Schema, side: 'input' | 'output'): JsonSchema => {
  try {
    const described: object = schema['~standard']
    return (described as Described).jsonSchema?.[side]({ target: 'draft-2020-12', libraryOptions: LENIENT }) ?? {}
  } catch {
    return {}
  }
}

export const isJsonSchema = (value: unknown): value is JsonSchema => isRecord(value)

/** What a `$ref` within `root` names, itself where it is none. */
export const dereference = (schema: JsonSchema, root: JsonSchema): JsonSchema => {
  const { $ref } = schema
  if (typeof $ref !== 'string') return schema
  const definitions = isJsonSchema(root.$defs) ? root.$defs : {}
  const name = $ref.replace('#/$defs/', '')
  const found = Object.hasOwn(definitions, name) ? definitions[name] : undefined
  return isJsonSchema(found) ? found : {}
}

/** The properties of an object's schema. */
export const propertiesOf = (schema: JsonSchema, root: JsonSchema = schema): Readonly<Record<string, JsonSchema>> => {
  const { properties } = dereference(schema, root)
  if (!isJsonSchema(properties)) return {}
  return Object.fromEntries(Object.entries(properties).filter((entry): entry is [string, JsonSchema] => isJsonSchema(entry[1])))
}

/** Every `type` a value of this schema may have; none where it may be anything. */
export const typesOf = (schema: JsonSchema, root: JsonSchema): ReadonlySet<string> => {
  const { type, anyOf, oneOf, const: only, enum: choices } = dereference(schema, root)
  const named = Array.isArray(type) ? type : type === undefined ? [] : [type]
  const literals = [...(only === undefined ? [] : [only]), ...(Array.isArray(choices) ? choices : [])].map(
    (value) => typeof value,
  )
  const inner = [anyOf, oneOf].flatMap((list) => (Array.isArray(list) ? list.filter(isJsonSchema) : []))
  return new Set([...named, ...literals, ...inner.flatMap((one) => [...typesOf(one, root)])].map(String))
}
