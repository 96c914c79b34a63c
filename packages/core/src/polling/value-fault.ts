/** The deepest a value is looked into: more than any detector accepts. */
const maxLevels = 1_000

/**
 * Why a value made in process is no JSON, and where (`value.items.3 is a Map`); null where it is JSON. What `JSON.stringify` would
 * lose in silence is a fault, too: functions, NaN, maps. A property that is `undefined` counts as absent, and `toJSON` is honoured, so
 * that dates pass.
 */
export const findValueFault = (value: unknown, path: string): string | null => findFault(value, path, [])

const findFault = (value: unknown, path: string, ancestors: object[]): string | null => {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return null
    case 'number':
      return Number.isFinite(value) ? null : `${path} is ${value}`
    case 'object':
      return value === null ? null : findObjectFault(value, path, ancestors)
    case 'undefined':
      return `${path} is undefined`
    case 'bigint':
      return `${path} is a BigInt`
    default:
      return `${path} is a ${typeof value}`
  }
}

const findObjectFault = (value: object, path: string, ancestors: object[]): string | null => {
  if (ancestors.includes(value)) return `${path} contains itself`
  if (ancestors.length >= maxLevels) return `${path.slice(0, 40)}… is nested deeper than ${maxLevels} levels`
  ancestors.push(value)
  const fault = findInnerFault(value, path, ancestors)
  ancestors.pop()
  return fault
}

const findInnerFault = (value: object, path: string, ancestors: object[]): string | null => {
  if ('toJSON' in value && typeof value.toJSON === 'function') return findFault(value.toJSON(), path, ancestors)
  if (Array.isArray(value)) {
    // By index, since holes are elements to JSON.
    for (let index = 0; index < value.length; index++) {
      const fault = findFault(value[index], `${path}.${index}`, ancestors)
      if (fault !== null) return fault
    }
    return null
  }
  const kind = Object.prototype.toString.call(value).slice('[object '.length, -1)
  if (kind !== 'Object') return `${path} is ${/^[AEIO]/.test(kind) ? 'an' : 'a'} ${kind}`
  for (const [key, item] of Object.entries(value)) {
    const fault = item === undefined ? null : findFault(item, `${path}.${key}`, ancestors)
    if (fault !== null) return fault
  }
  return null
}
