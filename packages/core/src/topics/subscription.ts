import type { Principal } from '../ports/access.ts'
import type { Transport, Variant } from '../ports/transport.ts'
import type { ActiveTopic } from './active-topic.ts'

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
