import type { Clock } from '@sightline/core/ports'
import type { ClientTransport } from '@sightline/core/protocol'
import { type Connection, createConnection } from './connection/connection.ts'
import { createTopicStore, type ResyncEvent, type TopicStore } from './topics/topic-store.ts'

/** One connection and everything that is known over it. */
export interface Session {
  readonly connection: Connection
  readonly topics: TopicStore
  readonly clock: Clock
}

export interface SessionOptions {
  readonly transport: () => ClientTransport
  readonly clock: Clock
  readonly random: () => number
  readonly idleMs: number | null
  readonly keepMs: number
  readonly maxLogEntries: number
  readonly maxIdleTopics: number
  readonly onResync: (event: ResyncEvent) => void
}

export const createSession = (options: SessionOptions): Session => {
  const connection = createConnection({
    ...options,
    on: {
      connected: () => topics.connected(),
      disconnected: (error) => topics.disconnected(error),
      frame: (frame) => topics.frame(frame),
    },
  })
  const topics = createTopicStore({ ...options, connection })
  return { connection, topics, clock: options.clock }
}
