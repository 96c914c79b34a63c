import type { CollectionDefinition, StorageDriver } from '@sightline/core/ports'
import { digestOf } from './content-checksum.ts'
import { readArchive } from './read-archive.ts'
import { readStore } from './read-store.ts'

export interface FindForeignOptions {
  readonly storage: StorageDriver
  readonly collections: readonly CollectionDefinition<never>[]
  readonly file: string
}

/** What a store holds that an archive does not: the label of some of it, or null where there is nothing, as after an interrupted restore. */
export const findForeign = async ({ storage, collections, file }: FindForeignOptions): Promise<string | null> => {
  const labels = new Map<string, string>()
  for await (const { lines, label } of readStore(storage, collections))
    for await (const line of lines) labels.set(digestOf(line), label)
  if (labels.size === 0) return null
  for await (const line of readArchive(file)) labels.delete(digestOf(line))
  const [first = null] = labels.values()
  return first
}
