import type { IncomingMessage } from 'node:http'
import { dereference, isJsonSchema, type JsonSchema, propertiesOf, typesOf } from './json-schema.ts'

export const queryOf = ({ url }: Pick<IncomingMessage, 'url'>): URLSearchParams =>
  new URLSearchParams((url ?? '').split('?')[1] ?? '')

const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/
/** `from[epoch]`: a field of an object, as OpenAPI's `deepObject` spells it. */
const NESTED = /^([^[\]]+)\[([^[\]]+)\]$/

const coerceOne = (text: string, types: ReadonlySet<string>): unknown => {
  if (types.has('string') || types.size === 0) return text
  if ((types.has('number') || types.has('integer')) && NUMBER.test(text)) return Number(text)
  if (types.has('boolean') && (text === 'true' || text === 'false')) return text === 'true'
  if (types.has('null') && text === 'null') return null
  return text
}

const isPlain = (value: unknown): boolean => value === null || typeof value !== 'object'

/** A list in one piece, as clients write it that send JSON: `["a","b"]`. Null for what is none. */
const jsonList = ([text, ...others]: readonly string[]): readonly unknown[] | null => {
  if (text === undefined || others.length > 0 || !text.startsWith('[') || !text.endsWith(']')) return null
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) && list.every(isPlain) ? list : null
  } catch {
    return null
  }
}

const coerce = (texts: readonly string[], schema: JsonSchema, root: JsonSchema): unknown => {
  const types = typesOf(schema, root)
  if (types.has('array')) {
    const { items } = dereference(schema, root)
    const itemTypes = typesOf(isJsonSchema(items) ? items : {}, root)
    return jsonList(texts) ?? texts.map((text) => coerceOne(text, itemTypes))
  }
  const [only] = texts
  return texts.length === 1 && only !== undefined ? coerceOne(only, types) : texts
}

/**
 * An operation's input from a query string. Everything there is text; a field becomes a number, a boolean, a list or null only where the
 * schema says so and the text reads as one, and stays the text otherwise, for the schema to refuse. Lists are repeated names
 * (`tag=a&tag=b`) or JSON (`tag=["a","b"]`), fields of objects are bracketed (`from[revision]=3`).
 */
export const fromQuery = (query: URLSearchParams, schema: JsonSchema): Record<string, unknown> => {
  const properties = propertiesOf(schema)
  const input = new Map<string, unknown>()
  for (const key of new Set(query.keys())) {
    const texts = query.getAll(key)
    const [, outer, inner] = NESTED.exec(key) ?? []
    if (outer === undefined || inner === undefined) {
      input.set(key, coerce(texts, properties[key] ?? {}, schema))
      continue
    }
    const fields = propertiesOf(properties[outer] ?? {}, schema)
    const known = input.get(outer)
    input.set(outer, { ...(isJsonSchema(known) ? known : {}), [inner]: coerce(texts, fields[inner] ?? {}, schema) })
  }
  return Object.fromEntries(input)
}
