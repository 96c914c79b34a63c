import type { CollectionDefinition, IndexQuery, Stored } from '../ports/collections.ts'
import type { Scope } from '../ports/identity.ts'
import type { StorageLink } from './storage-link.ts'

export interface RecordListing extends Omit<IndexQuery, 'limit' | 'cursor'> {
  readonly scope: Scope
  /** Read no further than this many. Default: all. */
  readonly most?: number
  /** Records in one call to storage, at most. Default 500. */
  readonly pageSize?: number
}

/** Records of an index in its order, page by page, and whether that is all of them. */
export const listRecords = async <T>(
  link: Pick<StorageLink, 'run'>,
  definition: CollectionDefinition<T>,
  { scope, most = Number.POSITIVE_INFINITY, pageSize = 500, ...query }: RecordListing,
): Promise<{ readonly items: readonly Stored<T>[]; readonly isAll: boolean }> => {
  const items: Stored<T>[] = []
  let cursor: string | null = null
  do {
    const limit = Math.min(pageSize, most - items.length)
    const from: { readonly cursor?: string } = cursor === null ? {} : { cursor }
    const page = await link.run((driver) => driver.collection(definition).list(scope, { ...query, limit, ...from }))
    items.push(...page.items)
    cursor = page.next
  } while (cursor !== null && items.length < most)
  return { items, isAll: cursor === null }
}

/** Every record of an index, in its order. */
export const listAllRecords = async <T>(
  link: Pick<StorageLink, 'run'>,
  definition: CollectionDefinition<T>,
  query: Omit<RecordListing, 'most'>,
): Promise<readonly Stored<T>[]> => (await listRecords(link, definition, query)).items
