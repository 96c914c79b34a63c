import { sha1 } from '../changes/digest.ts'
import type { KeyedDrop, KeyedFrame, KeyedPut, Mark } from '../protocol/frame.ts'
import { itemDigest, keyedDigest } from '../protocol/keyed-digest.ts'
import type { KeyedChange } from './topic-change.ts'
import type { Broadcast } from './state-room.ts'

/** What a hub knows of one topic of kind `keyed`. */
export interface KeyedRoom {
  /** null where nothing of the change is new. */
  apply(change: KeyedChange): Broadcast<KeyedFrame> | null
  /** The list is this, whatever was known. */
  replace(items: readonly KeyedPut[]): void
  answer(since: Mark | undefined): KeyedFrame | null
}

export const createKeyedRoom = (topic: string): KeyedRoom => {
  const items = new Map<string, KeyedPut>()
  const digest = keyedDigest()

  const isNewer = ([key, version]: KeyedPut | KeyedDrop): boolean => {
    const known = items.get(key)?.[1]
    return known === undefined || known.epoch !== version.epoch || known.revision < version.revision
  }

  const set = (put: KeyedPut): void => {
    items.set(put[0], put)
    digest.put(put[0], itemDigest(put, sha1))
  }

  return {
    apply: ({ put, drop }) => {
      const puts = put.filter(isNewer)
      const drops = drop.filter((entry) => items.has(entry[0]) && isNewer(entry))
      if (puts.length === 0 && drops.length === 0) return null
      for (const entry of puts) set(entry)
      for (const [key] of drops) {
        items.delete(key)
        digest.drop(key)
      }
      const whole: KeyedFrame = { topic, kind: 'keyed', digest: digest.value(), put: puts, drop: drops }
      return { whole, patch: () => null, isNews: true }
    },
    replace: (all) => {
      items.clear()
      digest.clear()
      for (const entry of all) set(entry)
    },
    answer: (since) =>
      since?.digest === digest.value() ? null : { topic, kind: 'keyed', reset: true, digest: digest.value(), put: [...items.values()], drop: [] },
  }
}
