import { sha1 } from '../changes/digest.ts'
import type { Version } from '../ports/identity.ts'
import type { KeyedDrop, KeyedFrame, KeyedPut, Mark } from '../protocol/frame.ts'
import { itemDigest, keyedDigest } from '../protocol/keyed-digest.ts'
import type { Broadcast } from './state-room.ts'
import type { KeyedChange } from './topic-change.ts'

/** What a hub knows of one topic of kind `keyed`. */
export interface KeyedRoom {
  /** null where nothing of the change is new. */
  apply(change: KeyedChange): Broadcast<KeyedFrame> | null
  /** The list is this, whatever was known; null where it was this already. */
  replace(items: readonly KeyedPut[]): Broadcast<KeyedFrame> | null
  answer(since: Mark | undefined): KeyedFrame | null
}

/** Dropped keys that are remembered, at most, so that a put from before the drop, which comes late, does not bring them back. */
const REMEMBERED_DROPS = 10_000

export const createKeyedRoom = (topic: string): KeyedRoom => {
  const items = new Map<string, KeyedPut>()
  const drops = new Map<string, Version>()
  const digest = keyedDigest()

  const isNewer = ([key, version]: KeyedPut | KeyedDrop): boolean => {
    const known = items.get(key)?.[1] ?? drops.get(key)
    return known === undefined || known.epoch !== version.epoch || known.revision < version.revision
  }

  const put = (entry: KeyedPut): void => {
    drops.delete(entry[0])
    items.set(entry[0], entry)
    digest.put(entry[0], itemDigest(entry, sha1))
  }

  const drop = ([key, version]: KeyedDrop): void => {
    items.delete(key)
    digest.drop(key)
    // Set anew, so that the oldest comes first.
    drops.delete(key)
    drops.set(key, version)
    for (const oldest of drops.keys()) {
      if (drops.size <= REMEMBERED_DROPS) break
      drops.delete(oldest)
    }
  }

  const whole = (): KeyedFrame => ({
    topic,
    kind: 'keyed',
    reset: true,
    digest: digest.value(),
    put: [...items.values()],
    drop: [],
  })

  return {
    apply: (change) => {
      // One after another: a change may name a key more than once.
      const puts: KeyedPut[] = []
      for (const entry of change.put) {
        if (!isNewer(entry)) continue
        put(entry)
        puts.push(entry)
      }
      const gone: KeyedDrop[] = []
      for (const entry of change.drop) {
        if (!isNewer(entry)) continue
        if (items.has(entry[0])) gone.push(entry)
        drop(entry)
      }
      if (puts.length === 0 && gone.length === 0) return null
      return { whole: { topic, kind: 'keyed', digest: digest.value(), put: puts, drop: gone }, patch: null, isNews: true }
    },
    replace: (all) => {
      const before = digest.value()
      items.clear()
      drops.clear()
      digest.clear()
      for (const entry of all) put(entry)
      return digest.value() === before ? null : { whole: whole(), patch: null, isNews: true }
    },
    answer: (since) => (since?.digest === digest.value() ? null : whole()),
  }
}
