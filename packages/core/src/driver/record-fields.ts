import type { CollectionPlan } from '../ports/collections.ts'
import { tupleKey } from './names.ts'

/** What an index can compare; null is absent. */
export type IndexValue = string | number | boolean | null

/** The leading fields of an index, all of them or some. */
export type Path = readonly string[]

/**
 * The leading parts of the indexes' fields, each once: a query that compares the first fields orders by the next one and then by the id,
 * so each length is an index of its own.
 */
export const pathsOf = ({ indexes }: Pick<CollectionPlan, 'indexes'>): readonly Path[] => {
  const paths = new Map<string, Path>()
  for (const fields of Object.values(indexes)) {
    for (let length = Math.min(1, fields.length); length <= fields.length; length++) {
      const path = fields.slice(0, length)
      paths.set(tupleKey(...path), path)
    }
  }
  return [...paths.values()]
}

/** What an index sees of a field: values of other types are absent to it. */
export const fieldOf = (document: unknown, field: string): IndexValue => {
  if (typeof document !== 'object' || document === null || !Object.hasOwn(document, field)) return null
  const found = (document as Readonly<Record<string, unknown>>)[field]
  return typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean' ? found : null
}
