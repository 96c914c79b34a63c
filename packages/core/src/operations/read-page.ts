import type { Page } from '../ports/identity.ts'

export interface PageReading<Item> {
  /** The most items wanted. */
  readonly limit: number
  readonly cursor: string | undefined
  /** About how many bytes an item is on the wire. */
  sizeOf(item: Item): number
  read(request: { readonly limit: number; readonly cursor?: string }): Promise<Page<Item>>
}

/** What one answer holds at most, in bytes, but for a first item that is longer by itself. */
const BUDGET_BYTES = 1_048_576

/** One page, that ends early where its items are long: the first tells how many of its like go into the rest. */
export const readPage = async <Item>({ limit, cursor, sizeOf, read }: PageReading<Item>): Promise<Page<Item>> => {
  const items: Item[] = []
  let bytes = 0
  let next: string | null = cursor ?? null
  let wanted = 1
  do {
    const page = await read({ limit: wanted, ...(next === null ? {} : { cursor: next }) })
    items.push(...page.items)
    for (const item of page.items) bytes += sizeOf(item)
    next = page.next
    const average = items.length === 0 ? 0 : bytes / items.length
    const fitting = average === 0 ? limit : Math.floor((BUDGET_BYTES - bytes) / average)
    wanted = Math.min(fitting, limit - items.length)
  } while (next !== null && wanted > 0)
  return { items, next }
}
