import type { Mark, SightlineError } from '@sightline/core/protocol'

/**
 * How a topic stands:
 * - `idle`: nobody has asked for it
 * - `loading`: asked for, nothing there yet
 * - `live`: what is shown is what the server has
 * - `stale`: what is shown may be old: not connected, or being asked for again
 * - `failed`: refused; `error` says why, and old data may still be there
 */
export type TopicStatus = 'idle' | 'loading' | 'live' | 'stale' | 'failed'

/** A topic as it stands. A new object with every change, and only then; parts of `data` that did not change keep their identity. */
export interface TopicView<Data> {
  readonly status: TopicStatus
  /** undefined before the first frame. A keyed topic's items are in the order of their keys. */
  readonly data: Data | undefined
  /** Anything but `live`. */
  readonly isStale: boolean
  /** Storage is away: what is shown is true, but not stored yet. */
  readonly isProvisional: boolean
  readonly error: SightlineError | null
  /** When `data` last changed here, ms since the Unix epoch; null before the first frame. */
  readonly updatedAt: number | null
  /** What is proven of it: version and digest of a state, digest of a list, cursor of a log; null before the first frame. */
  readonly mark: Mark | null
  /** Log entries that the server left out because this client was too slow. */
  readonly dropped: number
}

/** A topic nobody has asked for. */
export const idleView: TopicView<never> = {
  status: 'idle',
  data: undefined,
  isStale: true,
  isProvisional: false,
  error: null,
  updatedAt: null,
  mark: null,
  dropped: 0,
}

/** The view as a server renders it: the page is a picture, and is taken for one until it is connected. */
export const toPicture = <Data>(view: TopicView<Data>): TopicView<Data> =>
  view.data === undefined ? idleView : { ...view, status: 'stale', isStale: true, error: null }

/** `next`, or `before` where they say the same. */
export const sameView = <Data>(before: TopicView<Data>, next: TopicView<Data>): TopicView<Data> =>
  (Object.keys(next) as (keyof TopicView<Data>)[]).every((key) => Object.is(before[key], next[key])) ? before : next
