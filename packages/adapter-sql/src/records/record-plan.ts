import { createHash } from 'node:crypto'
import { fieldOf, type Path, tupleKey } from '@sightline/core/driver'
import type { CollectionPlan } from '@sightline/core/ports'
import { toStoredText } from '../stored-text.ts'
import { toIndexKey } from './index-key.ts'

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

/** The name of a path of a collection in `record_keys`. */
export const pathName = (store: string, path: Path): string => toStoredText(tupleKey(store, ...path))

export const indexRows = (store: string, paths: readonly Path[], document: unknown): readonly IndexRow[] =>
  paths.map((path) => ({ path: pathName(store, path), key: toIndexKey(path.map((field) => fieldOf(document, field))) }))

export const uniqueRows = ({ name: store, unique = {} }: CollectionPlan, document: unknown): readonly UniqueRow[] =>
  Object.entries(unique).flatMap(([name, uniqueValue]) => {
    const value = uniqueValue(document as never)
    return value === null ? [] : [{ path: toStoredText(tupleKey(store, name)), value: shorten(value) }]
  })

/** Long texts that are only ever compared for equality are kept as their digest: no index takes them whole. */
export const shorten = (text: string): string => {
  const stored = toStoredText(text)
  return stored.length <= 256 ? stored : `${stored.slice(0, 64)}\u0001\u0003${createHash('sha256').update(stored).digest('hex')}`
}
