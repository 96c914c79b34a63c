import type { Clock } from '@sightline/core/ports'
import { type Frame, type SightlineError, topicKey } from '@sightline/core/protocol'
import type { Connection } from '../connection/connection.ts'
import { createFrameRouter } from './frame-router.ts'
import { sha1 } from './sha1.ts'
import { createTopicEntry, type TopicEntry } from './topic-entry.ts'
import { toFrame } from './topic-state.ts'

/** Topics that were loaded, as plain JSON: from the client that renders a page on the server to the one in the browser. */
export interface Dehydrated {
  readonly topics: readonly {
    readonly topic: string
    readonly params?: unknown
    readonly frame: Frame
    readonly updatedAt: number | null
  }[]
}

/** A topic that did not fit what the server said of it, and was asked for again. */
export interface ResyncEvent {
  readonly topic: string
  readonly params: unknown
  readonly reason: string
}

/** Every topic of one connection, each once whoever asks for it. */
export interface TopicStore {
  /** One text for one topic, whatever the order of its params. */
  keyOf(name: string, params: unknown): string
  find(name: string, params: unknown): TopicEntry | undefined
  /** As `find`, but made where it is not there. */
  open(name: string, params: unknown): TopicEntry
  dehydrate(): Dehydrated
  hydrate(from: Dehydrated): void
  connected(): void
  disconnected(error: SightlineError | null): void
  frame(frame: Frame): void
}

export interface TopicStoreOptions {
  readonly connection: Connection
  readonly clock: Clock
  readonly random: () => number
  readonly keepMs: number
  readonly maxLogEntries: number
  /** Topics remembered though nobody listens to them any more, at most. */
  readonly maxIdleTopics: number
  readonly onResync: (event: ResyncEvent) => void
}

export const createTopicStore = (options: TopicStoreOptions): TopicStore => {
  const { connection, clock, random, keepMs, maxLogEntries, maxIdleTopics, onResync } = options
  const router = createFrameRouter()
  const entries = new Map<string, TopicEntry>()
  const context = { sha1, maxLogEntries }

  const keyOf = (name: string, params: unknown) => topicKey(name, (params ?? {}) as Record<string, unknown>)

  const release = (key: string, entry: TopicEntry) => {
    // To the end, so that the one that has been idle longest comes first.
    entries.delete(key)
    entries.set(key, entry)
    const idle = [...entries].filter(([, { isActive }]) => !isActive)
    for (const [old] of idle.slice(0, Math.max(0, idle.length - maxIdleTopics))) entries.delete(old)
  }

  const create = (key: string, name: string, params: unknown): TopicEntry => {
    const entry: TopicEntry = createTopicEntry({
      name,
      params,
      connection,
      router,
      clock,
      random,
      context,
      keepMs,
      onResync: (reason) => onResync({ topic: name, params, reason }),
      onReleased: () => release(key, entry),
    })
    entries.set(key, entry)
    return entry
  }

  const open = (name: string, params: unknown): TopicEntry => {
    const key = keyOf(name, params)
    return entries.get(key) ?? create(key, name, params)
  }

  return {
    keyOf,
    find: (name, params) => entries.get(keyOf(name, params)),
    open,
    dehydrate: () => ({
      topics: [...entries].flatMap(([key, { name, params, state, view }]) => {
        const frame = toFrame(state, key)
        return frame ? [{ topic: name, ...(params === undefined ? {} : { params }), frame, updatedAt: view().updatedAt }] : []
      }),
    }),
    hydrate: ({ topics }) => {
      for (const { topic, params, frame, updatedAt } of topics) open(topic, params).hydrate(frame, updatedAt)
    },
    connected: () => {
      for (const entry of entries.values()) entry.connected()
    },
    disconnected: (error) => {
      router.clear()
      for (const entry of entries.values()) entry.disconnected(error)
    },
    frame: router.route,
  }
}
