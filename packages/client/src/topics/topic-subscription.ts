import type { Clock } from '@sightline/core/ports'
import type { Frame, Mark, SightlineError, SubscribeAck } from '@sightline/core/protocol'
import type { Connection } from '../connection/connection.ts'
import { toError } from '../to-error.ts'
import type { Applied, ApplyContext } from './applied.ts'
import type { FrameRouter } from './frame-router.ts'
import { quietMs, retryDelayMs } from './retry-delay.ts'
import { applyAnswer, applyFrame, type TopicState, toMark } from './topic-state.ts'

/** How often a server that presents an older revision than the one shown is asked again, and after how long it is believed, in ms. */
const doubt = { everyMs: 300, patienceMs: 1_200 }

/**
 * `off`: not subscribed. `asking`: waiting for the answer. `waiting`: to ask again. `following`: frames are applied as they come.
 * `failed`: refused, until somebody asks anew.
 */
export type SubscriptionPhase = 'off' | 'asking' | 'waiting' | 'following' | 'failed'

/** How one topic stays current over one connection, with every frame proven. */
export interface TopicSubscription {
  readonly phase: SubscriptionPhase
  readonly state: TopicState
  readonly error: SightlineError | null
  /** Is `state` what the server has, as far as anybody can know? */
  readonly isLive: boolean
  /** Asks for what is missing; without a connection, as soon as there is one. */
  start(): void
  /** Tells the server that nobody listens any more. */
  stop(): void
  /** Asks for the whole, whatever is known. */
  refresh(): void
  /** Takes what another client has proven; what is known already stays. */
  hydrate(frame: Frame): void
  connected(): void
  /** With an error, the connection will not come back by itself. */
  disconnected(error: SightlineError | null): void
}

export interface TopicSubscriptionOptions {
  readonly name: string
  readonly params: unknown
  readonly connection: Connection
  readonly router: FrameRouter
  readonly clock: Clock
  readonly random: () => number
  readonly context: ApplyContext
  readonly onChange: () => void
  readonly onResync: (reason: string) => void
}

export const createTopicSubscription = (options: TopicSubscriptionOptions): TopicSubscription => {
  const { name, params, connection, router, clock, random, context, onChange } = options
  const topic = params === undefined ? { topic: name, delta: true } : { topic: name, params, delta: true }
  let phase: SubscriptionPhase = 'off'
  let state: TopicState = null
  let error: SightlineError | null = null
  let isAwaited = false // answered `pending`: a frame will follow
  let turn = 0 // answers to earlier questions are void
  let faults = 0
  let faultAt = Number.NEGATIVE_INFINITY
  let doubtedAt: number | null = null
  let routed: { readonly key: string; readonly release: () => void } | null = null
  let cancelTimer = () => {}

  const take = (applied: Applied<TopicState>) => {
    state = applied.state
    if (applied.isOlder) {
      if (doubtedAt === null) options.onResync(applied.resync ?? '')
      doubtedAt ??= clock.monotonic()
      return wait(doubt.everyMs, undefined)
    }
    doubtedAt = null
    if (applied.resync !== undefined) {
      options.onResync(applied.resync)
      askLater(undefined)
    } else if (state?.kind === 'keyed' && state.next !== null) ask({ cursor: state.next })
    else onChange()
  }

  const receive = (frame: Frame) => {
    // While asking, the router keeps frames for the answer.
    if (phase !== 'following') return
    isAwaited = false
    take(applyFrame(state, frame, context))
  }

  const wait = (delayMs: number, since: Mark | undefined) => {
    phase = 'waiting'
    cancelTimer()
    cancelTimer = clock.setTimer(delayMs, () => ask(since))
    onChange()
  }

  const askLater = (since: Mark | undefined, atLeastMs = 0) => {
    const now = clock.monotonic()
    // The first fault is met at once; those that follow upon each other are given time.
    faults = now - faultAt > quietMs ? 0 : faults + 1
    faultAt = now
    const delayMs = Math.max(atLeastMs, retryDelayMs(faults, random))
    if (delayMs === 0) ask(since)
    else wait(delayMs, since)
  }

  const ask = (since: Mark | undefined) => {
    cancelTimer()
    phase = 'asking'
    const asked = ++turn
    const expectation = router.expect()
    const accept = (ack: SubscribeAck) => {
      if (asked !== turn) return
      routed?.release()
      const { held, release } = expectation.claim(ack.topic, receive)
      routed = { key: ack.topic, release }
      phase = 'following'
      error = null
      isAwaited = 'pending' in ack && held.length === 0
      const mayGoBack = doubtedAt !== null && clock.monotonic() - doubtedAt >= doubt.patienceMs
      take(
        applyAnswer(state, 'frame' in ack ? ack.frame : 'upToDate' in ack ? 'upToDate' : null, held, { ...context, mayGoBack }),
      )
    }
    const refuse = (thrown: unknown) => {
      if (asked !== turn) return
      error = toError(thrown)
      if (isPassing(error)) return askLater(toMark(state), error.retryAfterMs)
      phase = 'failed'
      onChange()
    }
    connection
      .request('subscribe', since ? { ...topic, since } : topic)
      .then(accept, refuse)
      .finally(expectation.end)
    onChange()
  }

  const halt = (next: SubscriptionPhase, why: SightlineError | null) => {
    turn++
    cancelTimer()
    routed?.release()
    routed = null
    phase = next
    error = why
  }

  return {
    get phase() {
      return phase
    },
    get state() {
      return state
    },
    get error() {
      return error
    },
    get isLive() {
      return phase === 'following' && !isAwaited && state !== null
    },
    start: () => {
      error = null
      if (connection.get().status === 'connected') ask(toMark(state))
      else {
        phase = 'off'
        onChange()
      }
    },
    stop: () => {
      const key = routed?.key
      halt('off', null)
      // Other parameters may lead to the same topic, and the server counts a topic once.
      const isShared = key !== undefined && router.receivers(key) > 0
      // Whether it arrives or not: a connection that is lost takes the subscription with it.
      if (connection.get().status === 'connected' && !isShared) connection.request('unsubscribe', topic).catch(() => {})
      onChange()
    },
    refresh: () => {
      const { status } = connection.get()
      if (status === 'connected') ask(undefined)
      else if (status === 'closed') connection.reconnect()
    },
    hydrate: (frame) => {
      state ??= applyFrame(null, frame, { ...context, isAnswer: true }).state
      onChange()
    },
    connected: () => ask(toMark(state)),
    disconnected: (refusal) => {
      halt(refusal ? 'failed' : 'off', refusal)
      onChange()
    },
  }
}

/** May another attempt go better? */
const isPassing = ({ code }: SightlineError): boolean =>
  code === 'UNAVAILABLE' || code === 'TIMEOUT' || code === 'TOO_MANY_REQUESTS' || code === 'INTERNAL'
