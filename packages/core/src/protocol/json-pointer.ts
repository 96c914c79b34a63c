/** The JSON Pointer (RFC 6901) of a field or an item below `parent`; the whole document's is the empty text. */
export const toPointer = (parent: string, key: string | number): string =>
  `${parent}/${typeof key === 'number' ? key : key.replaceAll('~', '~0').replaceAll('/', '~1')}`

/** The keys a pointer is made of; null where it is none. */
export const fromPointer = (pointer: string): string[] | null => {
  if (pointer === '') return []
  if (!pointer.startsWith('/')) return null
  return pointer
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}
