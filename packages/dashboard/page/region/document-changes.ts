import { type IsIgnored, nothingIgnored } from './ignored-fields.ts'
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

export interface FindChangesOptions {
  /** Default 1,000. */
  readonly limit?: number
  /** Fields that are left out, with all below them. Default none. */
  readonly isIgnored?: IsIgnored
}

/**
 * The fields that differ, in the newer document's order, at most `limit`. Containers of the same kind are compared inside; items of
 * arrays by index.
 */
export const findChanges = (before: unknown, after: unknown, options: FindChangesOptions = {}): readonly FieldChange[] => {
  const { limit = 1_000, isIgnored = nothingIgnored } = options
  const changes: FieldChange[] = []
  const add = (keys: readonly string[], change: Omit<FieldChange, 'pointer'>): void => {
    const pointer = toPointer(keys)
    if (changes.length < limit && !isIgnored(pointer)) changes.push({ pointer, ...change })
  }
  const compare = (a: unknown, b: unknown, keys: readonly string[]): void => {
    if (changes.length >= limit || Object.is(a, b)) return
    if (!sameShape(a, b)) {
      add(keys, { kind: 'replaced', before: a, after: b })
      return
    }
    const old = new Map(entriesOf(a))
    for (const [key, value] of entriesOf(b)) {
      const path = [...keys, key]
      if (old.has(key)) compare(old.get(key), value, path)
      else add(path, { kind: 'added', before: undefined, after: value })
      old.delete(key)
    }
    for (const [key, value] of old) add([...keys, key], { kind: 'removed', before: value, after: undefined })
  }
  compare(before, after, [])
  return changes
}
