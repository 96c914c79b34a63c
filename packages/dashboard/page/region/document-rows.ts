import { entriesOf, isContainer, type Pointer, toPointer } from './json-pointer.ts'

/** One line of the document's tree. */
export interface DocumentRow {
  readonly pointer: Pointer
  readonly key: string
  readonly level: number
  readonly value: unknown
  /** null for a plain value. */
  readonly isOpen: boolean | null
  /** How many fields or items lie directly below. */
  readonly size: number
  readonly position: number
  readonly siblings: number
}

/** Which containers are open: those of the first levels unless closed by hand, and those opened by hand. */
export interface Unfolding {
  readonly opened: ReadonlySet<Pointer>
  readonly closed: ReadonlySet<Pointer>
}

export const unfolded: Unfolding = { opened: new Set(), closed: new Set() }

const levelsOpen = 3
const sizeOpen = 40

const isOpenAt = (pointer: Pointer, level: number, size: number, { opened, closed }: Unfolding): boolean =>
  opened.has(pointer) || (!closed.has(pointer) && level < levelsOpen && size <= sizeOpen)

/** The lines to show of a document, top to bottom, without those inside of what is closed. */
export const toRows = (document: unknown, unfolding: Unfolding): readonly DocumentRow[] => {
  const rows: DocumentRow[] = []
  const walk = (value: unknown, keys: readonly string[]): void => {
    const entries = entriesOf(value)
    entries.forEach(([key, child], index) => {
      const path = [...keys, key]
      const pointer = toPointer(path)
      const size = isContainer(child) ? entriesOf(child).length : 0
      const isOpen = isContainer(child) && size > 0 ? isOpenAt(pointer, path.length, size, unfolding) : null
      rows.push({ pointer, key, level: path.length, value: child, isOpen, size, position: index + 1, siblings: entries.length })
      if (isOpen) walk(child, path)
    })
  }
  if (isContainer(document)) walk(document, [])
  else rows.push({ pointer: '', key: '', level: 1, value: document, isOpen: null, size: 0, position: 1, siblings: 1 })
  return rows
}

/** The unfolding with one container turned. */
export const turn = (unfolding: Unfolding, pointer: Pointer, isOpen: boolean): Unfolding => {
  const opened = new Set(unfolding.opened)
  const closed = new Set(unfolding.closed)
  opened.delete(pointer)
  closed.delete(pointer)
  ;(isOpen ? opened : closed).add(pointer)
  return { opened, closed }
}

/** How a value is written in one line. */
export const spellValue = (value: unknown): string => {
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[${value.length}]`
  if (isContainer(value)) return entriesOf(value).length === 0 ? '{}' : `{${entriesOf(value).length}}`
  return value === undefined ? '—' : JSON.stringify(value)
}
