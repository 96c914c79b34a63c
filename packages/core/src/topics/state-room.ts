import { patchOrWhole } from '../changes/delta.ts'
import { sha1 } from '../changes/digest.ts'
import type { Version } from '../ports/identity.ts'
import type { Mark, StateFrame } from '../protocol/frame.ts'
import { stateDigest } from '../protocol/state-digest.ts'
import type { StateChange } from './topic-change.ts'

/** What to send after a change: the whole and, for those who can take one, a patch. */
export interface Broadcast<F> {
  readonly whole: F
  /** Made only where somebody takes one; null where there is none, or the whole is the better choice. */
  patch(): F | null
  /** False where only the mark moves: what is shown was shown before. */
  readonly isNews: boolean
}

interface Shown {
  readonly version: Version
  readonly data: unknown
  readonly digest: string
}

/** What a hub knows of one topic of kind `state`. */
export interface StateRoom {
  /** null where the change is older than what is known. `whatever` also takes an older revision: storage was read, and is the truth. */
  apply(change: StateChange, options?: { readonly whatever?: boolean }): Broadcast<StateFrame> | null
  /** What a client with this mark needs: a frame, null for nothing, undefined while nothing is known. */
  answer(since: Mark | undefined): StateFrame | null | undefined
  readonly version: Version | null
}

const isOlder = (version: Version, than: Version): boolean => version.epoch === than.epoch && version.revision < than.revision

export const createStateRoom = (topic: string): StateRoom => {
  /** What storage has. */
  let confirmed: Shown | null = null
  /** What is shown although storage does not have it yet. */
  let provisional: Shown | null = null

  const frameOf = ({ version, digest, data }: Shown, extra: { reset?: true; provisional?: true } = {}): StateFrame => ({
    topic,
    kind: 'state',
    version,
    digest,
    data,
    ...extra,
  })

  const patchBetween = (before: Shown | null, after: Shown, whole: StateFrame): StateFrame | null => {
    if (before === null || whole.reset !== undefined) return null
    const patch = patchOrWhole({ before: before.data, after: after.data })
    if (patch === null) return null
    const { data: _, ...rest } = whole
    return { ...rest, base: before.version, patch }
  }

  return {
    get version() {
      return confirmed?.version ?? null
    },
    apply: (change, { whatever = false } = {}) => {
      const { version, data } = change
      if (change.provisional === true) {
        const shown = { version, data, digest: stateDigest(data, sha1) }
        const isNews = shown.digest !== (provisional ?? confirmed)?.digest
        provisional = shown
        return { whole: frameOf(shown, { provisional: true }), patch: () => null, isNews }
      }
      const known = confirmed
      const isSameEpoch = known === null || known.version.epoch === version.epoch
      if (known !== null && !whatever && isOlder(version, known.version)) return null
      const digest = stateDigest(data, sha1)
      if (provisional === null && known !== null && isSameEpoch && known.version.revision === version.revision && known.digest === digest) return null
      const next = { version, data, digest }
      const isForward = known === null || (isSameEpoch && version.revision > known.version.revision)
      const whole = frameOf(next, isForward ? {} : { reset: true })
      const isNews = digest !== (provisional ?? known)?.digest
      confirmed = next
      provisional = null
      return { whole, patch: () => patchBetween(known, next, whole), isNews }
    },
    answer: (since) => {
      if (provisional !== null) return frameOf(provisional, { provisional: true })
      if (confirmed === null) return undefined
      const { version, digest } = confirmed
      const has = since?.version
      if (has === undefined) return frameOf(confirmed)
      if (has.epoch !== version.epoch) return frameOf(confirmed, { reset: true })
      if (has.revision === version.revision && since?.digest === digest) return null
      // A client that is ahead within the epoch, or has other content at this revision, saw what storage no longer has.
      return frameOf(confirmed, has.revision >= version.revision ? { reset: true } : {})
    },
  }
}
