import { SightlineError } from '../errors.ts'
import type { PatchOperation } from './frame.ts'
import { fromPointer } from './json-pointer.ts'

type Container = unknown[] | Record<string, unknown>

const misfit = (path: string): SightlineError =>
  new SightlineError('CONFLICT', `The patch does not fit the document: no ${path || 'document'}.`)

const indexOf = (key: string, limit: number, path: string): number => {
  const index = /^(0|[1-9]\d*)$/.test(key) ? Number(key) : Number.NaN
  if (!(index < limit)) throw misfit(path)
  return index
}

// Assignment would call the setter behind `__proto__`.
const setField = (object: Record<string, unknown>, key: string, value: unknown): void => {
  if (key === '__proto__') Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  else object[key] = value
}

const change = (container: Container, key: string, operation: PatchOperation): void => {
  const { op, path } = operation
  if (Array.isArray(container)) {
    if (op === 'add')
      container.splice(key === '-' ? container.length : indexOf(key, container.length + 1, path), 0, operation.value)
    else if (op === 'replace') container[indexOf(key, container.length, path)] = operation.value
    else container.splice(indexOf(key, container.length, path), 1)
    return
  }
  if (op !== 'add' && !Object.hasOwn(container, key)) throw misfit(path)
  if (op === 'remove') delete container[key]
  else setField(container, key, operation.value)
}

/**
 * A document after a patch (of RFC 6902: add, replace and remove). The given one stays as it is; what the patch does not touch is
 * shared between the two, so that `===` tells which parts changed.
 *
 * @throws SightlineError `CONFLICT` where an operation names a place that is not there. Nothing is applied; ask for the whole document.
 * @example applyPatch({ open: 1, hosts: ['a'] }, [{ op: 'replace', path: '/open', value: 2 }]) // { open: 2, hosts: the same array }
 */
export const applyPatch = (document: unknown, patch: readonly PatchOperation[]): unknown => {
  const own = new Set<unknown>()
  const ownCopy = (value: unknown, path: string): Container => {
    if (typeof value !== 'object' || value === null) throw misfit(path)
    if (own.has(value)) return value as Container
    const copy: Container = Array.isArray(value) ? [...value] : { ...value }
    own.add(copy)
    return copy
  }
  return patch.reduce((root, operation) => {
    const keys = fromPointer(operation.path)
    if (keys === null) throw misfit(operation.path)
    const last = keys.pop()
    if (last === undefined) {
      if (operation.op === 'remove') throw misfit(operation.path)
      return operation.value
    }
    const copy = ownCopy(root, operation.path)
    let container = copy
    for (const key of keys) {
      const place = Array.isArray(container) ? indexOf(key, container.length, operation.path) : key
      if (!Object.hasOwn(container, place)) throw misfit(operation.path)
      const child = ownCopy((container as Record<string | number, unknown>)[place], operation.path)
      if (Array.isArray(container)) container[place as number] = child
      else setField(container, key, child)
      container = child
    }
    change(container, last, operation)
    return copy
  }, document)
}
