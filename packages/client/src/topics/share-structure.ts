type JsonObject = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/**
 * `after`, with every part that equals its counterpart in `before` taken from `before`, so that `===` tells what changed; `before` itself
 * where nothing did. For JSON values; neither is altered.
 *
 * @example shareStructure({ a: [1], b: 1 }, { a: [1], b: 2 }) // { a: the first's array, b: 2 }
 */
export const shareStructure = <T>(before: unknown, after: T): T => share(before, after) as T

const share = (before: unknown, after: unknown): unknown => {
  if (Object.is(before, after)) return before
  if (!isObject(before) || !isObject(after) || Array.isArray(before) !== Array.isArray(after)) return after
  if (Array.isArray(before) && Array.isArray(after)) {
    const items = after.map((item, i) => share(before[i], item))
    return items.length === before.length && items.every((item, i) => Object.is(item, before[i])) ? before : items
  }
  if (!isPlainObject(before) || !isPlainObject(after)) return after
  const fields = Object.keys(after).map(
    (key) => [key, Object.hasOwn(before, key) ? share(before[key], after[key]) : after[key]] as const,
  )
  const isSame =
    fields.length === Object.keys(before).length &&
    fields.every(([key, value]) => Object.hasOwn(before, key) && Object.is(value, before[key]))
  // `fromEntries` defines its fields, so that one named `__proto__` stays a field.
  return isSame ? before : Object.fromEntries(fields)
}

// A Date or a Map of a caller's own selection has no fields to compare.
const isPlainObject = (value: object): value is JsonObject => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
