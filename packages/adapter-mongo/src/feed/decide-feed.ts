import type { FeedFailure } from './feed-failure.ts'

/** How one collection is watched: by a stream that is being opened or is open, or by looking at what changed. */
export type FeedState =
  | {
      readonly phase: 'opening'
      readonly attempt: number
      readonly from: StartFrom
      /** Why something may be missing once it is open; told then, because what happens until then is missing too. */
      readonly gap: string | null
      readonly isPolled: boolean
    }
  | { readonly phase: 'streaming' }
  | { readonly phase: 'polling' }

/** `position`: after the last token, or the beginning. `invalidation`: after the event that ended the stream. `now`: the position is lost. */
export type StartFrom = 'position' | 'invalidation' | 'now'

export type FeedEvent =
  | { readonly kind: 'opened' }
  | { readonly kind: 'failed'; readonly failure: FeedFailure }
  /** The collection was dropped or renamed. */
  | { readonly kind: 'invalidated' }
  /** A change is there that the stream should have told. */
  | { readonly kind: 'silent' }
  /** Time to try a stream again. */
  | { readonly kind: 'probe' }

export type FeedAction =
  | { readonly kind: 'open'; readonly from: StartFrom; readonly afterMs: number }
  | { readonly kind: 'close' }
  | { readonly kind: 'poll' }
  | { readonly kind: 'stop-polling' }
  | { readonly kind: 'probe'; readonly afterMs: number }
  | { readonly kind: 'gap'; readonly reason: string }

export interface FeedStep {
  readonly state: FeedState
  readonly actions: readonly FeedAction[]
}

export interface FeedTiming {
  /** The wait after the first failure, doubled with each further one. */
  readonly backoffMs: number
  readonly mostBackoffMs: number
  /** How long a server that has no streams is left in peace. */
  readonly probeAfterMs: number
}

export const firstFeedState: Extract<FeedState, { readonly phase: 'opening' }> = {
  phase: 'opening',
  attempt: 0,
  from: 'position',
  gap: null,
  isPolled: false,
}

/** A server that refuses so often, one time after another, will go on refusing. */
const mostRefusals = 3

/** What the feed of a collection does next. Anything that does not fit the phase is late news of a stream that is gone, and changes nothing. */
export const decideFeed = (state: FeedState, event: FeedEvent, timing: FeedTiming): FeedStep => {
  switch (event.kind) {
    case 'opened':
      if (state.phase !== 'opening') return same(state)
      return {
        state: { phase: 'streaming' },
        actions: [
          ...(state.isPolled ? [{ kind: 'stop-polling' } as const] : []),
          ...(state.gap === null ? [] : [gap(state.gap)]),
        ],
      }
    case 'failed':
      return state.phase === 'polling' ? same(state) : afterFailure(state, event.failure, timing)
    case 'invalidated':
      if (state.phase === 'polling') return same(state)
      return {
        state: {
          phase: 'opening',
          attempt: 0,
          from: 'invalidation',
          gap: 'the collection was dropped or renamed',
          // An invalidation of a stream that is tried beside the looking: that goes on.
          isPolled: state.phase === 'opening' && state.isPolled,
        },
        actions: [{ kind: 'open', from: 'invalidation', afterMs: 0 }],
      }
    case 'silent':
      if (state.phase !== 'streaming') return same(state)
      return {
        state: { phase: 'polling' },
        actions: [
          { kind: 'close' },
          gap('the change stream was silent while documents changed'),
          { kind: 'poll' },
          { kind: 'probe', afterMs: timing.probeAfterMs },
        ],
      }
    case 'probe':
      if (state.phase !== 'polling') return same(state)
      return {
        state: { phase: 'opening', attempt: 0, from: 'now', gap: 'back on the change stream', isPolled: true },
        actions: [{ kind: 'open', from: 'now', afterMs: 0 }],
      }
  }
}

const afterFailure = (
  state: Exclude<FeedState, { readonly phase: 'polling' }>,
  failure: FeedFailure,
  timing: FeedTiming,
): FeedStep => {
  const isPolled = state.phase === 'opening' && state.isPolled
  const probe: FeedAction = { kind: 'probe', afterMs: timing.probeAfterMs }
  // A probe that fails, for whatever reason, leaves what works as it is.
  if (isPolled) return { state: { phase: 'polling' }, actions: [probe] }
  if (failure === 'unsupported') {
    return { state: { phase: 'polling' }, actions: [gap('the server has no change streams'), { kind: 'poll' }, probe] }
  }
  const attempt = state.phase === 'opening' ? state.attempt + 1 : 1
  if (failure === 'refused' && attempt >= mostRefusals) {
    return { state: { phase: 'polling' }, actions: [gap('the server refuses its change stream'), { kind: 'poll' }, probe] }
  }
  const afterMs = Math.min(timing.mostBackoffMs, timing.backoffMs * 2 ** (attempt - 1))
  if (failure === 'lost') {
    return {
      state: { phase: 'opening', attempt, from: 'now', gap: 'the position in the change stream is lost', isPolled: false },
      actions: [{ kind: 'open', from: 'now', afterMs: attempt === 1 ? 0 : afterMs }],
    }
  }
  const { from, gap: due } = state.phase === 'opening' ? state : firstFeedState
  return { state: { phase: 'opening', attempt, from, gap: due, isPolled: false }, actions: [{ kind: 'open', from, afterMs }] }
}

const gap = (reason: string): FeedAction => ({ kind: 'gap', reason })

const same = (state: FeedState): FeedStep => ({ state, actions: [] })

/** What the feeds of several collections amount to. `off`: none is open and nothing is looked at. */
export const modeOf = (states: Iterable<FeedState>): 'stream' | 'poll' | 'off' => {
  let mode: 'stream' | 'poll' = 'stream'
  for (const state of states) {
    if (state.phase === 'polling' || (state.phase === 'opening' && state.isPolled)) mode = 'poll'
    else if (state.phase === 'opening') return 'off'
  }
  return mode
}
