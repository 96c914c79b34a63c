import { entriesOf, isContainer, type Pointer, toPointer } from './json-pointer.ts'

/** One field that differs between two documents. */
export interface FieldChange {
  readonly pointer: Pointer
  readonly kind: 'added' | 'removed' | 'replaced'
  readonly before: unknown
  readonly after: unknown
}

const isArray = Array.isArray

const sameShape = (a: unknown, b: unknown): boolean => isContainer(a) && isContainer(b) && isArray(a) === isArray(b)

/**
 * The fields that differ, in the newer document's order, at most `limit` (default 1,000). Containers of the same kind are compared
 * inside; items of arrays by index.
 */
export const findChanges = (before: unknown, after: unknown, limit = 1_000): readonly FieldChange[] => {
  const changes: FieldChange[] = []
  const compare = (a: unknown, b: unknown, keys: readonly string[]): void => {
    if (changes.length >= limit || Object.is(a, b)) return
    if (!sameShape(a, b)) {
      changes.push({ pointer: toPointer(keys), kind: 'replaced', before: a, after: b })
      return
    }
    const old = new Map(entriesOf(a))
    for (const [key, value] of entriesOf(b)) {
      const path = [...keys, key]
      if (old.has(key)) compare(old.get(key), value, path)
      else if (changes.length < limit) changes.push({ pointer: toPointer(path), kind: 'added', before: undefined, after: value })
      old.delete(key)
    }
    for (const [key, value] of old) {
      if (changes.length < limit)
        changes.push({ pointer: toPointer([...keys, key]), kind: 'removed', before: value, after: undefined })
    }
  }
  compare(before, after, [])
  return changes
}
