/** JSON Pointers (RFC 6901) name the places of a document. */
export type Pointer = string

export const toPointer = (keys: readonly (string | number)[]): Pointer =>
  keys.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

export const fromPointer = (pointer: Pointer): readonly string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))

/** As a person writes it: `process.memory.rssMb`, `hosts[0].load`. */
export const toDotted = (pointer: Pointer): string =>
  fromPointer(pointer).reduce((path, key) => {
    if (/^(0|[1-9]\d*)$/.test(key)) return `${path}[${key}]`
    return path === '' ? key : `${path}.${key}`
  }, '') || '(document)'

export const isContainer = (value: unknown): value is Readonly<Record<string, unknown>> | readonly unknown[] =>
  typeof value === 'object' && value !== null

/** The keys and values of an object or array, in its own order. */
export const entriesOf = (value: unknown): readonly (readonly [string, unknown])[] =>
  isContainer(value) ? Object.entries(value) : []

/** The value at a place, or undefined where there is none. */
export const valueAt = (document: unknown, pointer: Pointer): unknown =>
  fromPointer(pointer).reduce<unknown>(
    (value, key) =>
      isContainer(value) && Object.hasOwn(value, key) ? (value as Readonly<Record<string, unknown>>)[key] : undefined,
    document,
  )
