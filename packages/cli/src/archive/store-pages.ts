import { everyPage } from '@sightline/core/driver'
import type { Page, PageRequest } from '@sightline/core/ports'

/** Entries of a page. */
export const LINES = 500
/** Of documents, which are up to a megabyte each. */
export const DOCUMENTS = 25

/** What a listing holds, one by one, to its end. */
export async function* entriesOf<T>(list: (request: PageRequest) => Promise<Page<T>>, limit: number): AsyncGenerator<T> {
  for await (const page of everyPage(limit, list)) yield* page
}
