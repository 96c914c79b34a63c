import type { Collection, Document, OptionalUnlessRequiredId } from 'mongodb'
import { duplicatesOf, meaningOf } from './mongo-error.ts'

const none: ReadonlySet<number> = new Set()

/** Inserts what is not there; which of the documents were, by their place. Rejects where anything else goes wrong. */
export const insertMissing = async <D extends Document>(
  collection: Collection<D>,
  documents: readonly D[],
): Promise<ReadonlySet<number>> => {
  if (documents.length === 0) return none
  try {
    if (documents.length === 1) await collection.insertOne(documents[0] as OptionalUnlessRequiredId<D>)
    else await collection.insertMany(documents as readonly OptionalUnlessRequiredId<D>[], { ordered: false })
    return none
  } catch (thrown) {
    if (documents.length === 1 && meaningOf(thrown) === 'duplicate') return new Set([0])
    const duplicates = duplicatesOf(thrown)
    if (duplicates === null) throw thrown
    return duplicates
  }
}

/**
 * Waits before a write is decided again. The first rounds follow at once; later ones give a racer's write time to reach the majority that is
 * read from, because until then it is in the way and cannot be seen.
 */
export const pauseBefore = async (round: number): Promise<void> => {
  if (round > 3) await new Promise((resolve) => setTimeout(resolve, Math.min(100, 2 * round)))
}

/** In pieces, because the number of values in one query is limited. */
export function* pieces<T>(values: readonly T[], size = 1_000): Generator<readonly T[]> {
  for (let start = 0; start < values.length; start += size) yield values.slice(start, start + size)
}
