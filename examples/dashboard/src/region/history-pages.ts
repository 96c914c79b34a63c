import type { Listing, MetricsSnapshot } from '@sightline/core/protocol'

/**
 * Pages of a history (newest first) with newer entries put ahead of the first; from the newest known one on, `entries` are known
 * already. Where they do not reach it, they are taken to follow it without a gap.
 */
export const addEntries = (
  pages: readonly Listing<MetricsSnapshot>[],
  entries: readonly MetricsSnapshot[],
): Listing<MetricsSnapshot>[] => {
  const [first, ...rest] = pages
  if (first === undefined) return []
  const newest = first.items[0]
  const known = entries.findIndex(({ epoch, revision }) => newest?.epoch === epoch && newest.revision === revision)
  const ahead = known < 0 ? entries : entries.slice(0, known)
  return ahead.length === 0 ? [...pages] : [{ ...first, items: [...ahead, ...first.items] }, ...rest]
}
