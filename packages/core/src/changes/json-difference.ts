import type { PatchOperation } from '../protocol/frame.ts'
import { toPointer } from '../protocol/json-pointer.ts'

type JsonObject = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Are two JSON values the same, whatever the order of their keys? 0 and -0 are. */
export const isSameJson = (a: unknown, b: unknown): boolean => {
  if (a === b) return true
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return false
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => isSameJson(item, b[i]))
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isSameJson((a as JsonObject)[key], (b as JsonObject)[key]))
  )
}

const compareObjects = (before: JsonObject, after: JsonObject, path: string, patch: PatchOperation[]): void => {
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) patch.push({ op: 'remove', path: toPointer(path, key) })
  for (const key of Object.keys(after)) {
    if (Object.hasOwn(before, key)) compare(before[key], after[key], toPointer(path, key), patch)
    else patch.push({ op: 'add', path: toPointer(path, key), value: after[key] })
  }
}

const compareArrays = (before: readonly unknown[], after: readonly unknown[], path: string, patch: PatchOperation[]): void => {
  const shorter = Math.min(before.length, after.length)
  let start = 0
  while (start < shorter && isSameJson(before[start], after[start])) start++
  let tail = 0
  while (tail < shorter - start && isSameJson(before[before.length - 1 - tail], after[after.length - 1 - tail])) tail++
  const paired = shorter - tail
  for (let i = start; i < paired; i++) compare(before[i], after[i], toPointer(path, i), patch)
  // From the back, so that no removal moves the place of the next.
  for (let i = before.length - tail - 1; i >= paired; i--) patch.push({ op: 'remove', path: toPointer(path, i) })
  for (let i = paired; i < after.length - tail; i++) patch.push({ op: 'add', path: toPointer(path, i), value: after[i] })
}

const compare = (before: unknown, after: unknown, path: string, patch: PatchOperation[]): void => {
  if (before === after) return
  if (!isObject(before) || !isObject(after) || Array.isArray(before) !== Array.isArray(after)) {
    patch.push({ op: 'replace', path, value: after })
  } else if (Array.isArray(before) && Array.isArray(after)) compareArrays(before, after, path, patch)
  else compareObjects(before as JsonObject, after as JsonObject, path, patch)
}

/**
 * What turns one JSON value into another, as a JSON Patch (RFC 6902) for `applyPatch`; empty where they are the same. Arrays are compared
 * by what they share at the front and at the back, which finds items put in, taken out or changed in one place.
 *
 * @example difference({ open: 1 }, { open: 2 }) // [{ op: 'replace', path: '/open', value: 2 }]
 */
export const difference = (before: unknown, after: unknown): PatchOperation[] => {
  const patch: PatchOperation[] = []
  compare(before, after, '', patch)
  return patch
}
