import { patchOrWhole } from '../changes/delta.ts'
import { sha1 } from '../changes/digest.ts'
import type { Version } from '../ports/identity.ts'
import type { Mark, StateFrame } from '../protocol/frame.ts'
import { stateDigest } from '../protocol/state-digest.ts'
import type { TopicStates } from './define-topic.ts'
import type { StateChange } from './topic-change.ts'

/** What to send after a change: the whole and, for those who can take one, a patch. */
export interface Broadcast<F> {
  readonly whole: F
  readonly patch: F | null
  /** False where only the mark moves: what is shown was shown before. */
  readonly isNews: boolean
}

interface Shown {
  readonly version: Version
  readonly data: unknown
  readonly digest: string
  readonly content: string
}

/** What was known when a read began. */
export interface StateMoment {
  readonly confirmed: unknown
}

/** What a hub knows of one topic of kind `state`. */
export interface StateRoom {
  readonly version: Version | null
  /** null where the change is older than what is known, or provisional and shown already. */
  apply(change: StateChange): Broadcast<StateFrame> | null
  /** To be called when a read begins, and handed to `take` with what it brought. */
  moment(): StateMoment
  /**
   * Takes what storage holds, also an older revision: it is the truth, unless something was confirmed since the read began. `again` where
   * the two cannot be ordered, so that only another read can tell.
   */
  take(state: NonNullable<TopicStates['state']>, since: StateMoment): Broadcast<StateFrame> | null | 'again'
  /** What a client with this mark needs: a frame, null for nothing, undefined while nothing is known. */
  answer(since: Mark | undefined): StateFrame | null | undefined
}

const isOlder = (version: Version, than: Version): boolean => version.epoch === than.epoch && version.revision < than.revision

export const createStateRoom = (topic: string): StateRoom => {
  /** What storage has. */
  let confirmed: Shown | null = null
  /** What is shown although storage does not have it yet. */
  let provisional: Shown | null = null
  /** Have clients been sent `confirmed`? Else no patch of it fits what they hold. */
  let isTold = true

  const toShown = ({ version, data, content }: Pick<StateChange, 'version' | 'data' | 'content'>): Shown => {
    const digest = stateDigest(data, sha1)
    return { version, data, digest, content: content ?? digest }
  }

  const isNews = ({ content }: Shown): boolean => content !== (provisional ?? confirmed)?.content

  const frameOf = ({ version, digest, data }: Shown, extra: { reset?: true; provisional?: true } = {}): StateFrame => ({
    topic,
    kind: 'state',
    version,
    digest,
    data,
    ...extra,
  })

  const patchBetween = (before: Shown | null, after: Shown, whole: StateFrame): StateFrame | null => {
    if (before === null || !isTold || whole.reset !== undefined) return null
    const patch = patchOrWhole({ before: before.data, after: after.data })
    if (patch === null) return null
    const { data: _, ...rest } = whole
    return { ...rest, base: before.version, patch }
  }

  const applyProvisional = (next: Shown): Broadcast<StateFrame> | null => {
    if (!isNews(next)) return null
    provisional = next
    return { whole: frameOf(next, { provisional: true }), patch: null, isNews: true }
  }

  const confirm = (next: Shown): Broadcast<StateFrame> | null => {
    const known = confirmed
    const isSameEpoch = known === null || known.version.epoch === next.version.epoch
    const isKnown =
      known !== null && isSameEpoch && known.version.revision === next.version.revision && known.digest === next.digest
    if (isKnown && provisional === null) return null
    // While nothing was known, clients that were told to wait may have come with anything.
    const isForward = known !== null && isSameEpoch && next.version.revision > known.version.revision
    const whole = frameOf(next, isForward ? {} : { reset: true })
    const news = isNews(next)
    const patch = patchBetween(known, next, whole)
    confirmed = next
    provisional = null
    isTold = true
    return { whole, patch, isNews: news }
  }

  const apply: StateRoom['apply'] = (change) => {
    if (change.provisional === true) return applyProvisional(toShown(change))
    return confirmed !== null && isOlder(change.version, confirmed.version) ? null : confirm(toShown(change))
  }

  return {
    get version() {
      return confirmed?.version ?? null
    },
    apply,
    moment: () => ({ confirmed }),
    take: (state, since) => {
      if (confirmed !== null && confirmed !== since.confirmed) {
        return confirmed.version.epoch === state.version.epoch ? apply({ kind: 'state', ...state }) : 'again'
      }
      const next = toShown(state)
      if (provisional === null || state.isBehind !== true) return confirm(next)
      confirmed = next
      isTold = false
      return null
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
