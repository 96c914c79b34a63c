import type { Principal } from '../ports/access.ts'
import type { Transport, Variant } from '../ports/transport.ts'
import type { Frame, Mark } from '../protocol/frame.ts'
import type { RegisteredTopic, TopicStates } from './define-topic.ts'
import { createKeyedRoom, type KeyedRoom } from './keyed-room.ts'
import { createLogRoom, type LogRoom } from './log-room.ts'
import { type Broadcast, createStateRoom, type StateRoom } from './state-room.ts'
import type { LogChange, TopicChange } from './topic-change.ts'

/** A session as far as the hub is concerned. */
export interface Subscriber {
  readonly id: string
  readonly team: string
  readonly principal: Principal | null
  readonly transport: Transport
}

/** A session's place in a topic's room. */
export interface Subscription {
  readonly topic: ActiveTopic
  readonly variant: Variant
  readonly room: string
  /** How much of the topic's news the session has for certain: what was broadcast since may have been left out for a full buffer. */
  seen: number
  ended: boolean
}

type Content =
  | { readonly kind: 'state'; readonly room: StateRoom }
  | { readonly kind: 'keyed'; readonly room: KeyedRoom }
  | { readonly kind: 'log'; readonly room: LogRoom }

/** Somebody who was told that a frame follows, and with which mark they asked. */
export interface Awaiting {
  readonly subscriber: Subscriber
  readonly since: Mark | undefined
}

/** A topic that somebody in this process is subscribed to. */
export interface ActiveTopic {
  readonly name: string
  /** Name and params: what its frames carry. */
  readonly key: string
  readonly team: string
  readonly params: unknown
  readonly definition: RegisteredTopic
  readonly content: Content
  /** How many are subscribed in each variant. */
  readonly members: Map<Variant, number>
  readonly awaiting: Map<Subscription, Awaiting>
  /** Is what storage holds known? */
  loaded: boolean
  /** Has anybody been shown any of it? */
  shown: boolean
  /** The read that is under way. */
  loading: Promise<void> | null
  /** Changes of a list that came while it was read. */
  held: TopicChange[]
  /** Take down what is added to a log while it is read. */
  readonly taps: Set<LogChange['entries'][number][]>
  /** How many times what is shown has changed. */
  news: number
}

export const createActiveTopic = (
  identity: Pick<ActiveTopic, 'name' | 'key' | 'team' | 'params' | 'definition'>,
): ActiveTopic => ({
  ...identity,
  content: contentOf(identity.definition.kind, identity.key),
  members: new Map(),
  awaiting: new Map(),
  loaded: false,
  shown: false,
  loading: null,
  held: [],
  taps: new Set(),
  news: 0,
})

const contentOf = (kind: RegisteredTopic['kind'], key: string): Content => {
  switch (kind) {
    case 'state':
      return { kind, room: createStateRoom(key) }
    case 'keyed':
      return { kind, room: createKeyedRoom(key) }
    case 'log':
      return { kind, room: createLogRoom(key) }
  }
}

/** What to send after a change; null where it is nothing new, or of another kind than the topic. */
export const applyChange = ({ content, taps }: ActiveTopic, change: TopicChange): Broadcast<Frame> | null => {
  if (content.kind === 'state' && change.kind === 'state') return content.room.apply(change)
  if (content.kind === 'keyed' && change.kind === 'keyed') return content.room.apply(change)
  if (content.kind !== 'log' || change.kind !== 'log') return null
  for (const tap of taps) tap.push(...change.entries)
  return content.room.apply(change)
}

/** What a read brought. */
interface Loaded {
  /** What those lack who were shown something already. */
  readonly broadcast: Broadcast<Frame> | null
  /** Something later is shown elsewhere already. */
  readonly isLaterShown: boolean
}

/** Reads a state or a list from storage and takes it in. */
export const loadContent = async ({ content, definition, params, team }: ActiveTopic): Promise<Loaded> => {
  const context = { team, principal: null }
  if (content.kind === 'log') return { broadcast: null, isLaterShown: false }
  if (content.kind === 'keyed') {
    const { items } = (await definition.load(params, context)) as TopicStates['keyed']
    return { broadcast: content.room.replace(items), isLaterShown: false }
  }
  for (;;) {
    const moment = content.room.moment()
    const state = (await definition.load(params, context)) as TopicStates['state']
    const taken = state === null ? null : content.room.take(state, moment)
    if (taken !== 'again') return { broadcast: taken, isLaterShown: state?.isLaterShown === true }
  }
}

/** What a client with this mark needs: a frame, null for nothing, undefined while nothing is known. Logs are read instead. */
export const answerFrom = ({ content, loaded }: ActiveTopic, since: Mark | undefined): Frame | null | undefined => {
  if (content.kind === 'state') return content.room.answer(since)
  return content.kind === 'keyed' && loaded ? content.room.answer(since) : undefined
}
