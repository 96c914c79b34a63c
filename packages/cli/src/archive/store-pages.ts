import type { Page, PageRequest } from '@sightline/core/ports'

/** Entries of a page. */
export const LINES = 500
/** Of documents, which are up to a megabyte each. */
export const DOCUMENTS = 25

/** Pages of a listing, to its end. */
export async function* pagesOf<T>(list: (request: PageRequest) => Promise<Page<T>>, limit: number): AsyncGenerator<readonly T[]> {
  let cursor: string | null = null
  do {
    const page: Page<T> = await list({ limit, ...(cursor === null ? {} : { cursor }) })
    yield page.items
    cursor = page.next
  } while (cursor !== null)
}

/** What is on them, one by one. */
export async function* entriesOf<T>(list: (request: PageRequest) => Promise<Page<T>>, limit: number): AsyncGenerator<T> {
  for await (const page of pagesOf(list, limit)) yield* page
}
