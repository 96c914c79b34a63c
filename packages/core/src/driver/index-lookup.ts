import { SightlineError } from '../errors.ts'
import { compareBytes } from '../ports/byte-order.ts'
import type { CollectionPlan, IndexQuery } from '../ports/collections.ts'
import { tupleKey } from './names.ts'
import { fieldOf, type IndexValue, type Path, pathsOf } from './record-fields.ts'

/** A query as the index rows can answer it: `path` begins with the fields of `equals` and goes on with the field that orders. */
export interface IndexLookup {
  readonly path: Path
  readonly equals: readonly IndexValue[]
  /** Is the ordering field to be present, within the query's range? */
  readonly hasRange: boolean
}

/** A query, and the collection it is asked of. */
export interface LookupRequest {
  /** What the store was connected with. */
  readonly plan: CollectionPlan
  /** Whose index the query names. */
  readonly definition: Pick<CollectionPlan, 'name' | 'indexes'>
  readonly query: IndexQuery
}

/**
 * Finds the index that answers a query.
 *
 * @throws `INVALID_INPUT` for a query that no index answers.
 */
export const toLookup = ({ plan, definition, query: { index, equals, range } }: LookupRequest): IndexLookup => {
  const { name, indexes } = definition
  const fields = Object.hasOwn(indexes, index) ? indexes[index] : undefined
  if (fields === undefined) throw new SightlineError('INVALID_INPUT', `${name} has no index '${index}'.`)
  const named = Object.keys(equals)
  const leading = fields.slice(0, named.length)
  if (named.length > fields.length || !named.every((field) => leading.includes(field))) {
    throw new SightlineError('INVALID_INPUT', `equals must name the leading fields of ${name}.${index}: ${fields.join(', ')}.`)
  }
  if (range !== undefined && named.length === fields.length) {
    throw new SightlineError('INVALID_INPUT', `${name}.${index} has no field left for a range.`)
  }
  const path = fields.slice(0, named.length + 1)
  if (!pathsOf(plan).some((known) => tupleKey(...known) === tupleKey(...path))) {
    throw new SightlineError('INVALID_INPUT', `The index ${name}.${index} is not in the plan.`)
  }
  return {
    path,
    equals: leading.map((field) => equals[field] ?? null),
    hasRange: range !== undefined && (range.from !== undefined || range.to !== undefined),
  }
}

/** Does the record itself fit? The index sees only the beginning of a long text. */
export const matches = (
  document: unknown,
  { query: { range }, lookup: { path, equals, hasRange } }: { readonly query: IndexQuery; readonly lookup: IndexLookup },
): boolean => {
  for (const [place, wanted] of equals.entries()) if (fieldOf(document, path[place] as string) !== wanted) return false
  if (!hasRange || range === undefined) return true
  const found = fieldOf(document, path[equals.length] as string)
  if (found === null) return false
  return (
    (range.from === undefined || compareValues(found, range.from) >= 0) &&
    (range.to === undefined || compareValues(found, range.to) <= 0)
  )
}

// `typeof null` is 'object'.
const kinds = ['object', 'boolean', 'number', 'string']

/** Orders as the indexes do: absent, false, true, numbers by value, texts by their UTF-8 bytes. */
export const compareValues = (a: IndexValue, b: IndexValue): number => {
  if (typeof a === 'string' && typeof b === 'string') return compareBytes(a, b)
  if (typeof a === typeof b) return Number(a) - Number(b)
  return kinds.indexOf(typeof a) - kinds.indexOf(typeof b)
}
