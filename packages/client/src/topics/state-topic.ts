import type { Version } from '@sightline/core/ports'
import { applyPatch, type StateFrame, stateDigest } from '@sightline/core/protocol'
import { type Applied, type ApplyContext, relate } from './applied.ts'
import { shareStructure } from './share-structure.ts'

/** One document: the latest wins. `data` is what is shown; it differs from `confirmed` while `provisional` is set. */
export interface StateTopic {
  readonly kind: 'state'
  /** What is proven: these three belong together. null before the first frame that is not provisional. */
  readonly version: Version | null
  readonly digest: string | null
  readonly confirmed: unknown
  /** The version of the provisional document that is shown, or null. */
  readonly provisional: Version | null
  readonly data: unknown
}

export const emptyState: StateTopic = {
  kind: 'state',
  version: null,
  digest: null,
  confirmed: undefined,
  provisional: null,
  data: undefined,
}

/**
 * Within an epoch it does not go back, another epoch needs `reset`, and nothing becomes `confirmed` whose digest does not fit. Provisional
 * documents are shown, and move no mark.
 */
export const applyState = (state: StateTopic, frame: StateFrame, context: ApplyContext): Applied<StateTopic> => {
  const relation = state.version ? relate(frame.version, state.version) : 'first'
  if (relation === 'older' && !(context.mayGoBack && context.isAnswer)) return older(state, frame, context)
  if (frame.provisional) return applyProvisional(state, frame, context)
  if (relation === 'same' && frame.digest === state.digest) return { state: settleState(state) }
  if (relation === 'same' && !context.isAnswer) return { state, resync: 'another document under the same version' }
  if (relation === 'foreign' && !frame.reset && !context.isAnswer) return { state, resync: 'another epoch without a reset' }
  const next = compose(state, frame, context)
  if ('resync' in next) return { state, resync: next.resync }
  const data = shareStructure(state.data, next.data)
  return {
    state: { kind: 'state', version: frame.version, digest: frame.digest, confirmed: data, provisional: null, data },
    // The answer and a frame from before it name two epochs, and which of them is the later one cannot be seen from here.
    ...(relation === 'foreign' && context.isHeld ? { resync: 'the epoch changed while subscribing' } : {}),
  }
}

/**
 * A frame that was overtaken is left alone. A server that presents an older revision on purpose may itself be behind (it has not heard of
 * the latest yet), or its storage may have lost what this client saw: that shows when it is asked again.
 */
const older = (state: StateTopic, frame: StateFrame, { isAnswer, isHeld }: ApplyContext): Applied<StateTopic> =>
  !frame.provisional && !isHeld && (isAnswer || frame.reset)
    ? { state, resync: 'an older revision than the one shown', isOlder: true }
    : { state }

/** Shows what is confirmed, where it is known to be the present state. */
export const settleState = (state: StateTopic): StateTopic =>
  state.provisional ? { ...state, provisional: null, data: shareStructure(state.data, state.confirmed) } : state

const applyProvisional = (state: StateTopic, frame: StateFrame, context: ApplyContext): Applied<StateTopic> => {
  if (state.provisional && relate(frame.version, state.provisional) === 'older') return { state }
  const next = compose(state, frame, context)
  if ('resync' in next) return { state, resync: next.resync }
  return { state: { ...state, provisional: frame.version, data: shareStructure(state.data, next.data) } }
}

const compose = (state: StateTopic, frame: StateFrame, { sha1 }: ApplyContext): { data: unknown } | { resync: string } => {
  const data = frame.patch ? patched(state, frame) : frame.data
  if (data === undefined) return { resync: frame.patch ? 'a patch that does not fit' : 'a frame without a document' }
  return stateDigest(data, sha1) === frame.digest ? { data } : { resync: 'a digest that does not fit' }
}

const patched = (state: StateTopic, { base, patch = [] }: StateFrame): unknown => {
  if (!base || !state.version || relate(base, state.version) !== 'same') return undefined
  try {
    return applyPatch(state.confirmed, patch)
  } catch {
    return undefined
  }
}
