import type { Frame, KeyedPut, Mark } from '@sightline/core/protocol'
import type { Applied, ApplyContext } from './applied.ts'
import { applyKeyed, emptyKeyed, type KeyedTopic, settleKeyed } from './keyed-topic.ts'
import { applyLog, emptyLog, type LogTopic } from './log-topic.ts'
import { applyState, emptyState, type StateTopic, settleState } from './state-topic.ts'

/** What a client knows of a topic; null before its first frame. */
export type TopicState = StateTopic | KeyedTopic | LogTopic | null

/** One frame, whatever its kind. A pure function: the state before stays as it is. */
export const applyFrame = (state: TopicState, frame: Frame, context: ApplyContext): Applied<TopicState> => {
  if (state && state.kind !== frame.kind) {
    return context.isAnswer || frame.reset ? applyFrame(null, frame, context) : { state, resync: 'a frame of another kind' }
  }
  if (frame.kind === 'state') return applyState((state as StateTopic | null) ?? emptyState, frame, context)
  if (frame.kind === 'keyed') return applyKeyed((state as KeyedTopic | null) ?? emptyKeyed, frame, context)
  return applyLog((state as LogTopic | null) ?? emptyLog, frame, context)
}

/**
 * The answer to `subscribe`, then the frames that came before it, in their order. `answer` is a frame, `upToDate` where the mark was
 * current, or null where storage could not answer yet.
 */
export const applyAnswer = (
  state: TopicState,
  answer: Frame | 'upToDate' | null,
  held: readonly Frame[],
  context: ApplyContext,
): Applied<TopicState> => {
  let after: Applied<TopicState> = { state }
  if (answer === 'upToDate') after = { state: settle(state) }
  else if (answer) after = applyFrame(state, answer, { ...context, isAnswer: true })
  const answered = after.state
  for (const frame of held) {
    if (after.resync !== undefined) return after
    after = applyFrame(after.state, frame, { ...context, isHeld: true })
  }
  const last = held.at(-1)
  if (after.resync === undefined && after.state?.kind === 'keyed' && last?.kind === 'keyed' && !last.provisional) {
    // What the held frames changed must have led to what the last of them says; had they changed nothing, the answer was as new.
    const isMoved = answered?.kind !== 'keyed' || answered.digest !== after.state.digest
    if (isMoved && after.state.next === null && after.state.digest !== last.digest)
      return { ...after, resync: 'a digest that does not fit' }
  }
  return after
}

/** Shows what is confirmed, where the server has said that it is the present state. */
const settle = (state: TopicState): TopicState => {
  if (state?.kind === 'state') return settleState(state)
  return state?.kind === 'keyed' ? settleKeyed(state) : state
}

/** What `subscribe` tells the server that the client has. */
export const toMark = (state: TopicState): Mark | undefined => {
  if (state?.kind === 'state') return state.version && state.digest ? { version: state.version, digest: state.digest } : undefined
  if (state?.kind === 'log') return state.cursor === null ? undefined : { cursor: state.cursor }
  return state?.data && state.next === null ? { digest: state.digest } : undefined
}

/** Is what is shown not stored yet? */
export const isProvisional = (state: TopicState): boolean =>
  state?.kind === 'state' ? state.provisional !== null : state?.kind === 'keyed' && state.provisional.size > 0

/** What is proven of a topic as the one frame that brings it about, for another client to start from; null where nothing is. */
export const toFrame = (state: TopicState, topic: string): Frame | null => {
  if (!state || !toMark(state)) return null
  if (state.kind === 'log') {
    const { cursor, data = [], dropped } = state
    return { kind: 'log', topic, reset: true, cursor: cursor as string, entries: data, ...(dropped > 0 ? { dropped } : {}) }
  }
  if (state.kind === 'keyed') {
    const put = [...state.items].map(([key, { version, item }]): KeyedPut => [key, version, item])
    return { kind: 'keyed', topic, reset: true, digest: state.digest, put, drop: [] }
  }
  const { version, digest, confirmed } = state
  return version && digest !== null ? { kind: 'state', topic, reset: true, version, digest, data: confirmed } : null
}
