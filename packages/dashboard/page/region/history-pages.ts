import type { Listing, MetricsSnapshot, RevisionRef } from '@sightline/core/protocol'

/** As many entries as are kept; a page that stays open for days must not grow for days. */
export const mostEntries = 5_000

const isSame = (a: RevisionRef | undefined, b: RevisionRef): boolean => a?.epoch === b.epoch && a.revision === b.revision

/** The entries of pages (newest first) as one list. A page begins with the entry that the one ahead of it ended with. */
export const toEntries = (pages: readonly Listing<MetricsSnapshot>[]): readonly MetricsSnapshot[] =>
  pages.reduce<MetricsSnapshot[]>((entries, { items }) => {
    const last = entries.at(-1)
    const overlap = last === undefined ? -1 : items.findIndex((item) => isSame(last, item))
    entries.push(...items.slice(overlap + 1))
    return entries
  }, [])

/** Where the page after this one begins: at the time of its last entry. Undefined where there is none. */
export const nextAsOf = (page: Listing<MetricsSnapshot>): number | undefined =>
  page.next === null ? undefined : page.items.at(-1)?.updatedAt

/**
 * Pages with newer entries put ahead of the first; from the newest known one on, `entries` are known already. Where they do not
 * reach it, they are taken to follow it without a gap.
 */
export const addEntries = (
  pages: readonly Listing<MetricsSnapshot>[],
  entries: readonly MetricsSnapshot[],
): Listing<MetricsSnapshot>[] => {
  const [first, ...rest] = pages
  if (first === undefined) return []
  const known = entries.findIndex((entry) => isSame(first.items[0], entry))
  const ahead = known < 0 ? entries : entries.slice(0, known)
  return trim([{ ...first, items: [...ahead, ...first.items] }, ...rest])
}

const trim = (pages: Listing<MetricsSnapshot>[]): Listing<MetricsSnapshot>[] => {
  const [first] = pages
  if (first === undefined || first.items.length <= mostEntries) return pages
  return [{ items: first.items.slice(0, mostEntries), next: 'older' }]
}
