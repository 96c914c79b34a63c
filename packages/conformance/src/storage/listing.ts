import assert from 'node:assert/strict'
import type { Page, PageRequest } from '@sightline/core/ports'

const maxPages = 10_000

/**
 * Reads a listing to its end, `between` running after each page but the last. Fails where a page holds more than `limit` items or the
 * listing does not end.
 */
export const readAll = async <T>(
  list: (page: PageRequest) => Promise<Page<T>>,
  { limit = 100, between }: { readonly limit?: number; readonly between?: (page: number) => Promise<void> } = {},
): Promise<readonly T[]> => {
  const items: T[] = []
  let cursor: string | undefined
  for (let count = 1; count <= maxPages; count++) {
    const page = await list(cursor === undefined ? { limit } : { limit, cursor })
    assert.ok(page.items.length <= limit, `a page of ${limit} holds ${page.items.length} items`)
    items.push(...page.items)
    if (page.next === null) return items
    assert.equal(typeof page.next, 'string', '`next` is a string or null')
    cursor = page.next
    await between?.(count)
  }
  return assert.fail(`the listing does not end after ${maxPages} pages`)
}
