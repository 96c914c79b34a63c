import type { CollectionDefinition } from '@sightline/core/ports'
import type { ContentLine } from './archive-line.ts'

/** Tells the lines that a store still holds at a time, ms since the Unix epoch: all but records that have expired by then. */
export const lastingAt = (collections: readonly CollectionDefinition<never>[], at: number): ((line: ContentLine) => boolean) => {
  const byName = new Map(collections.map((definition) => [definition.name, definition]))
  return (line) => {
    if (line.kind !== 'record') return true
    const endsAt = byName.get(line.store)?.expiresAt?.(line.value as never) ?? null
    return endsAt === null || endsAt > at
  }
}
