import type { Page, PageRequest } from '../ports/identity.ts'

/** A listing, page by page, to its end. */
export async function* everyPage<T>(
  limit: number,
  read: (request: PageRequest) => Promise<Page<T>>,
): AsyncGenerator<readonly T[], void, undefined> {
  let cursor: string | null = null
  do {
    const page: Page<T> = await read({ limit, ...(cursor === null ? {} : { cursor }) })
    yield page.items
    cursor = page.next
  } while (cursor !== null)
}
