import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decideFeed, type FeedEvent, type FeedState, firstFeedState, modeOf } from '../../src/feed/decide-feed.ts'

const timing = { backoffMs: 100, mostBackoffMs: 1_000, probeAfterMs: 60_000 }

const lost = 'the position in the change stream is lost'
const gone = 'the collection was dropped or renamed'
const back = 'back on the change stream'

const opening = (from: 'position' | 'invalidation' | 'now', attempt = 0, due: string | null = null): FeedState => ({
  phase: 'opening',
  attempt,
  from,
  gap: due,
  isPolled: due === back,
})
const streaming: FeedState = { phase: 'streaming' }
const polling: FeedState = { phase: 'polling' }
const probing = opening('now', 0, back)
const failed = (failure: 'unsupported' | 'lost' | 'refused' | 'network'): FeedEvent => ({ kind: 'failed', failure })

const gap = (reason: string) => ({ kind: 'gap', reason })
const open = (from: string, afterMs = 0) => ({ kind: 'open', from, afterMs })
const poll = { kind: 'poll' }
const probe = { kind: 'probe', afterMs: 60_000 }
const none = gap('the server has no change streams')
const mute = gap('the change stream was silent while documents changed')

/** Every phase, every event. */
const table: readonly (readonly [FeedState, FeedEvent, FeedState, readonly object[]])[] = [
  [opening('position'), failed('network'), opening('position', 1), [open('position', 100)]],
  [opening('position'), { kind: 'opened' }, streaming, []],
  [opening('invalidation', 0, gone), { kind: 'opened' }, streaming, [gap(gone)]],
  [opening('now', 3, lost), { kind: 'opened' }, streaming, [gap(lost)]],
  [opening('invalidation', 1, gone), failed('network'), opening('invalidation', 2, gone), [open('invalidation', 200)]],
  [opening('position', 7), failed('network'), opening('position', 8), [open('position', 1_000)]],
  [opening('position'), failed('lost'), opening('now', 1, lost), [open('now')]],
  [opening('now', 1, lost), failed('lost'), opening('now', 2, lost), [open('now', 200)]],
  [opening('now', 1, lost), failed('network'), opening('now', 2, lost), [open('now', 200)]],
  [opening('position'), failed('refused'), opening('position', 1), [open('position', 100)]],
  [opening('position', 2), failed('refused'), polling, [gap('the server refuses its change stream'), poll, probe]],
  [opening('position'), failed('unsupported'), polling, [none, poll, probe]],
  [opening('position'), { kind: 'invalidated' }, opening('invalidation', 0, gone), [open('invalidation')]],
  [opening('position'), { kind: 'silent' }, opening('position'), []],
  [opening('position'), { kind: 'probe' }, opening('position'), []],

  [streaming, { kind: 'opened' }, streaming, []],
  [streaming, failed('network'), opening('position', 1), [open('position', 100)]],
  [streaming, failed('refused'), opening('position', 1), [open('position', 100)]],
  [streaming, failed('lost'), opening('now', 1, lost), [open('now')]],
  [streaming, failed('unsupported'), polling, [none, poll, probe]],
  [streaming, { kind: 'invalidated' }, opening('invalidation', 0, gone), [open('invalidation')]],
  [streaming, { kind: 'silent' }, polling, [{ kind: 'close' }, mute, poll, probe]],
  [streaming, { kind: 'probe' }, streaming, []],

  [polling, { kind: 'opened' }, polling, []],
  [polling, failed('network'), polling, []],
  [polling, failed('unsupported'), polling, []],
  [polling, { kind: 'invalidated' }, polling, []],
  [polling, { kind: 'silent' }, polling, []],
  [polling, { kind: 'probe' }, probing, [open('now')]],

  [probing, { kind: 'opened' }, streaming, [{ kind: 'stop-polling' }, gap(back)]],
  [probing, failed('unsupported'), polling, [probe]],
  [probing, failed('network'), polling, [probe]],
  [probing, failed('lost'), polling, [probe]],
  [probing, failed('refused'), polling, [probe]],
]

describe('what the feed does next', () => {
  test.each(table)('%j, %j → %j', (state, event, next, actions) => {
    expect(decideFeed(state, event, timing)).toEqual({ state: next, actions })
  })
})

const anyEvent = fc.oneof(
  fc.constantFrom<FeedEvent>({ kind: 'opened' }, { kind: 'invalidated' }, { kind: 'silent' }, { kind: 'probe' }),
  fc.constantFrom('unsupported' as const, 'lost' as const, 'refused' as const, 'network' as const).map(failed),
)

test('whatever happens, the feed is always about to learn of changes, and never forgets to tell of a gap', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
      let state: FeedState = firstFeedState
      let isPolled = false
      let isProbed = false
      for (const event of events) {
        // A probe comes only where one was asked for.
        if (event.kind === 'probe' && !isProbed) continue
        if (event.kind === 'probe') isProbed = false
        const step = decideFeed(state, event, timing)
        for (const action of step.actions) {
          if (action.kind === 'poll') isPolled = true
          if (action.kind === 'stop-polling') isPolled = false
          if (action.kind === 'probe') isProbed = true
          if (action.kind === 'open') expect(action.afterMs).toBeLessThanOrEqual(timing.mostBackoffMs)
        }
        // Whoever starts from anywhere but the position has missed something, up to the moment the stream is open.
        if (event.kind === 'opened' && state.phase === 'opening') {
          expect(step.actions.some(({ kind }) => kind === 'gap')).toBe(state.from !== 'position')
        }
        const isStreamed = step.state.phase === 'streaming' || step.state.phase === 'opening'
        expect(isPolled || isStreamed).toBe(true)
        if (step.state.phase === 'polling') expect(isPolled && isProbed).toBe(true)
        if (step.state.phase === 'streaming') expect(isPolled).toBe(false)
        // Only a failed probe goes back to polling unannounced: it was never left.
        if (step.state.phase === 'polling' && state.phase !== 'polling' && !(state.phase === 'opening' && state.isPolled)) {
          expect(step.actions.some(({ kind }) => kind === 'gap')).toBe(true)
        }
        state = step.state
      }
    }),
    { numRuns: 1_000 },
  )
})

test('the mode of several: off while one is interrupted, poll while one is looked for', () => {
  expect(modeOf([streaming, streaming])).toBe('stream')
  expect(modeOf([streaming, opening('position', 1)])).toBe('off')
  expect(modeOf([streaming, polling])).toBe('poll')
  expect(modeOf([streaming, probing])).toBe('poll')
})
