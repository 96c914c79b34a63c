import { createHash } from 'node:crypto'
import type { CollectionPlan } from '@sightline/core/ports'
import { tupleKey } from '../names.ts'
import { toStoredText } from '../stored-text.ts'
import { type IndexValue, toIndexKey } from './index-key.ts'

/** The leading fields of an index, all of them or some. */
export type Path = readonly string[]

/** A row of an index: where a record stands in it. */
export interface IndexRow {
  readonly path: string
  readonly key: Uint8Array
}

/** A unique value that a record holds. */
export interface UniqueRow {
  readonly path: string
  readonly value: string
}

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

/** The name of a path of a collection in `record_keys`. */
export const pathName = (store: string, path: Path): string => toStoredText(tupleKey(store, ...path))

export const indexRows = (store: string, paths: readonly Path[], document: unknown): readonly IndexRow[] =>
  paths.map((path) => ({ path: pathName(store, path), key: toIndexKey(path.map((field) => fieldOf(document, field))) }))

export const uniqueRows = ({ name: store, unique = {} }: CollectionPlan, document: unknown): readonly UniqueRow[] =>
  Object.entries(unique).flatMap(([name, uniqueValue]) => {
    const value = uniqueValue(document as never)
    return value === null ? [] : [{ path: toStoredText(tupleKey(store, name)), value: shorten(value) }]
  })

/** What an index sees of a field: values of other types are absent to it. */
export const fieldOf = (document: unknown, field: string): IndexValue => {
  if (typeof document !== 'object' || document === null || !Object.hasOwn(document, field)) return null
  const found = (document as Readonly<Record<string, unknown>>)[field]
  return typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean' ? found : null
}

/** Long texts that are only ever compared for equality are kept as their digest: no index takes them whole. */
export const shorten = (text: string): string => {
  const stored = toStoredText(text)
  return stored.length <= 256 ? stored : `${stored.slice(0, 64)}\u0001\u0003${createHash('sha256').update(stored).digest('hex')}`
}
