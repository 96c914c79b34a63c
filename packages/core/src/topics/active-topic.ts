import type { Frame, Mark } from '../protocol/frame.ts'
import type { Variant } from '../ports/transport.ts'
import type { RegisteredTopic, TopicStates } from './define-topic.ts'
import { createKeyedRoom, type KeyedRoom } from './keyed-room.ts'
import { createLogRoom, type LogRoom } from './log-room.ts'
import { type Broadcast, createStateRoom, type StateRoom } from './state-room.ts'
import type { TopicChange } from './topic-change.ts'

type Content =
  | { readonly kind: 'state'; readonly room: StateRoom }
  | { readonly kind: 'keyed'; readonly room: KeyedRoom }
  | { readonly kind: 'log'; readonly room: LogRoom }

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
  /** Is its state known? Until then changes of a list are held. */
  loaded: boolean
  loading: Promise<void> | null
  held: TopicChange[]
  /** How many times what is shown has changed. */
  news: number
}

export const createActiveTopic = (identity: Pick<ActiveTopic, 'name' | 'key' | 'team' | 'params' | 'definition'>): ActiveTopic => ({
  ...identity,
  content: contentOf(identity.definition.kind, identity.key),
  members: new Map(),
  loaded: false,
  loading: null,
  held: [],
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
export const applyChange = ({ content }: ActiveTopic, change: TopicChange): Broadcast<Frame> | null => {
  if (content.kind === 'state' && change.kind === 'state') return content.room.apply(change)
  if (content.kind === 'keyed' && change.kind === 'keyed') return content.room.apply(change)
  if (content.kind === 'log' && change.kind === 'log') return content.room.apply(change)
  return null
}

/** Takes in what storage holds; answers what those who are subscribed already need. */
export const applyLoaded = (active: ActiveTopic, loaded: TopicStates[RegisteredTopic['kind']]): Broadcast<Frame> | null => {
  const { content } = active
  if (content.kind === 'state') {
    const state = loaded as TopicStates['state']
    return state === null ? null : content.room.apply({ kind: 'state', ...state }, { whatever: true })
  }
  if (content.kind === 'keyed') {
    content.room.replace((loaded as TopicStates['keyed']).items)
    const whole = content.room.answer(undefined)
    return whole === null ? null : { whole, patch: () => null, isNews: true }
  }
  return null
}

/** What a client with this mark needs: a frame, null for nothing, undefined while nothing is known. Logs are loaded instead. */
export const answerFrom = ({ content }: ActiveTopic, since: Mark | undefined): Frame | null | undefined =>
  content.kind === 'log' ? undefined : content.room.answer(since)
