import { applyPatch, type PatchOperation } from '@sightline/core/protocol'
import type { FieldChange } from './document-changes.ts'
import { fromPointer, isContainer, valueAt } from './json-pointer.ts'

/**
 * An RFC 6902 patch as rows of before and after. Each operation is read against the document as the ones ahead of it left it: an
 * item's index after a removal is the one it has then.
 */
export const toReadable = (document: unknown, patch: readonly PatchOperation[]): readonly FieldChange[] => {
  let current = document
  return patch.map((operation): FieldChange => {
    const pointer = operation.path
    const before = isInsertion(current, operation) ? undefined : valueAt(current, pointer)
    current = applyPatch(current, [operation])
    if (operation.op === 'remove') return { pointer, kind: 'removed', before, after: undefined }
    return { pointer, kind: before === undefined ? 'added' : 'replaced', before, after: operation.value }
  })
}

/** `add` shifts an array's items, and replaces an object's value (RFC 6902, 4.1). */
const isInsertion = (document: unknown, { op, path }: PatchOperation): boolean => {
  if (op !== 'add' || path === '') return false
  const parent = valueAt(document, path.slice(0, path.lastIndexOf('/')))
  const key = fromPointer(path).at(-1) ?? ''
  return isContainer(parent) && (Array.isArray(parent) || !Object.hasOwn(parent, key))
}
