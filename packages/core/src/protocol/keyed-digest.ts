import { canonicalJson } from './canonical-json.ts'
import type { KeyedPut } from './frame.ts'
import type { Sha1 } from './state-digest.ts'

/** The digest of one item of a keyed topic: key, version and content, so that none of the three can differ unseen. */
export const itemDigest = ([key, { epoch, revision }, item]: KeyedPut, sha1: Sha1): string =>
  sha1(canonicalJson([key, epoch, revision, item]))

/** The digest of a whole list, kept up to date item by item. The order of the items plays no part. */
export interface KeyedDigest {
  /** Adds the item, or takes the place of the one under `key`. `digest` comes from `itemDigest`. O(1). */
  put(key: string, digest: string): void
  /** Takes the item out; a key that is not there changes nothing. O(1). */
  drop(key: string): void
  /** 32 lower-case hex digits; all zeros for an empty list. */
  value(): string
  /** Empties the list. */
  clear(): void
}

/**
 * A list's digest after one item's digest went in; the same step takes it out again. For who keeps the items' digests himself.
 *
 * @example digest = mixDigest(mixDigest(digest, itemDigest(before, sha1)), itemDigest(after, sha1))
 */
export const mixDigest = (list: string, item: string): string =>
  (BigInt(`0x${list}`) ^ BigInt(`0x${item.slice(0, list.length)}`)).toString(16).padStart(list.length, '0')

const emptyList = '0'.repeat(32)

/**
 * The exclusive-or of the items' digests (their first 16 bytes). It guards against lost and stale items, not against somebody who
 * chooses contents to make two lists look alike.
 *
 * @example
 * const digest = keyedDigest()
 * for (const put of frame.put) digest.put(put[0], itemDigest(put, sha1))
 * if (digest.value() !== frame.digest) askForTheWhole()
 */
export const keyedDigest = (): KeyedDigest => {
  const digests = new Map<string, string>()
  let list = emptyList
  const drop = (key: string) => {
    const digest = digests.get(key)
    if (digest === undefined) return
    list = mixDigest(list, digest)
    digests.delete(key)
  }
  return {
    put: (key, digest) => {
      drop(key)
      list = mixDigest(list, digest)
      digests.set(key, digest)
    },
    drop,
    value: () => list,
    clear: () => {
      digests.clear()
      list = emptyList
    },
  }
}
