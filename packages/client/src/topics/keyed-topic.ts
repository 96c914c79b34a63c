import type { Version } from '@sightline/core/ports'
import { itemDigest, type KeyedFrame, mixDigest } from '@sightline/core/protocol'
import { type Applied, type ApplyContext, relate } from './applied.ts'
import { shareStructure } from './share-structure.ts'

interface KeyedItem {
  readonly version: Version
  readonly digest: string
  readonly item: unknown
}

/** A list by key. */
export interface KeyedTopic {
  readonly kind: 'keyed'
  readonly items: ReadonlyMap<string, KeyedItem>
  /** Versions under which keys were dropped, so that a put from before does not bring them back. Bounded. */
  readonly drops: ReadonlyMap<string, Version>
  /** Of `items`. */
  readonly digest: string
  /** Cursor of the page still to be loaded; until then the list is incomplete, and its digest proves nothing. */
  readonly next: string | null
  /** Put (or dropped: `undefined`) while storage is away: shown over `items`, by key. */
  readonly provisional: ReadonlyMap<string, unknown>
  /** What is shown, in the order of the keys' UTF-16 code units, so that two clients show one order. */
  readonly data: readonly unknown[] | undefined
}

const nothing = '0'.repeat(32)
const maxDrops = 10_000

export const emptyKeyed: KeyedTopic = {
  kind: 'keyed',
  items: new Map(),
  drops: new Map(),
  digest: nothing,
  next: null,
  provisional: new Map(),
  data: undefined,
}

/** Applies puts and drops by version, and compares the digest of the whole list where that proves something. */
export const applyKeyed = (state: KeyedTopic, frame: KeyedFrame, context: ApplyContext): Applied<KeyedTopic> => {
  if (frame.provisional) return { state: applyProvisional(state, frame) }
  const items = new Map(frame.reset ? [] : state.items)
  const drops = new Map(frame.reset ? [] : state.drops)
  const provisional = new Map(frame.reset ? [] : state.provisional)
  let digest = frame.reset ? nothing : state.digest
  const take = (key: string) => {
    const known = items.get(key)
    if (known) digest = mixDigest(digest, known.digest)
    provisional.delete(key)
  }
  for (const put of frame.put) {
    const [key, version, item] = put
    if (!isNews(version, items.get(key)?.version ?? drops.get(key))) continue
    take(key)
    const own = itemDigest(put, context.sha1)
    digest = mixDigest(digest, own)
    items.set(key, { version, digest: own, item: shareStructure(state.items.get(key)?.item, item) })
    drops.delete(key)
  }
  for (const [key, version] of frame.drop) {
    if (!isNews(version, items.get(key)?.version ?? drops.get(key))) continue
    take(key)
    items.delete(key)
    // Set anew, so that the oldest comes first.
    drops.delete(key)
    drops.set(key, version)
  }
  for (const key of drops.keys()) {
    if (drops.size <= maxDrops) break
    drops.delete(key)
  }
  // A page answers the request for it; any other frame leaves the listing where it was.
  const next = frame.next ?? (frame.reset || context.isAnswer ? null : state.next)
  const after = show({ kind: 'keyed', items: inOrder(items), drops, digest, next, provisional, data: state.data })
  return next === null && !context.isHeld && digest !== frame.digest
    ? { state: after, resync: 'a digest that does not fit' }
    : { state: after }
}

/** Shows what is confirmed, where it is known to be the present state. */
export const settleKeyed = (state: KeyedTopic): KeyedTopic =>
  state.provisional.size > 0 ? show({ ...state, provisional: new Map() }) : state

const isNews = (version: Version, known: Version | undefined): boolean => {
  const relation = known ? relate(version, known) : 'newer'
  return relation === 'newer' || relation === 'foreign'
}

const applyProvisional = (state: KeyedTopic, frame: KeyedFrame): KeyedTopic => {
  const provisional = new Map(frame.reset ? [...state.items.keys()].map((key) => [key, undefined]) : state.provisional)
  const isOlder = (key: string, version: Version) => {
    const known = state.items.get(key)?.version
    return known !== undefined && relate(version, known) === 'older'
  }
  for (const [key, version, item] of frame.put) if (frame.reset || !isOlder(key, version)) provisional.set(key, item)
  for (const [key, version] of frame.drop) if (!isOlder(key, version)) provisional.set(key, undefined)
  return show({ ...state, provisional })
}

// A list of which pages are missing is not shown: what was shown before stays until it is whole.
const show = (state: KeyedTopic): KeyedTopic => {
  if (state.next !== null) return state
  const shown = new Map<string, unknown>([...state.items].map(([key, { item }]) => [key, item]))
  for (const [key, item] of state.provisional) {
    if (item === undefined) shown.delete(key)
    else shown.set(key, item)
  }
  return { ...state, data: shareList(state.data, [...inOrder(shown).values()]) }
}

const inOrder = <T>(map: ReadonlyMap<string, T>): ReadonlyMap<string, T> => {
  let last = ''
  for (const key of map.keys()) {
    if (key < last) return new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)))
    last = key
  }
  return map
}

// Items are shared one by one already; only the list's own identity is left to keep.
const shareList = (before: readonly unknown[] | undefined, after: readonly unknown[]): readonly unknown[] =>
  before?.length === after.length && after.every((item, i) => Object.is(item, before[i])) ? before : after
