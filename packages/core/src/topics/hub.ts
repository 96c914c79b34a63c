import { SightlineError } from '../errors.ts'
import { parseWith } from '../operations/parse-with.ts'
import type { Logger } from '../ports/logger.ts'
import type { Principal } from '../ports/access.ts'
import type { Subscribed, SubscribeRequest, Transport, Variant } from '../ports/transport.ts'
import type { Frame, LogFrame, Mark } from '../protocol/frame.ts'
import { roomFor } from '../protocol/rooms.ts'
import { topicKey } from '../protocol/topic-key.ts'
import { type ActiveTopic, answerFrom, applyChange, applyLoaded, createActiveTopic } from './active-topic.ts'
import type { RegisteredTopic, TopicStates } from './define-topic.ts'
import type { Broadcast } from './state-room.ts'
import type { TopicChange } from './topic-change.ts'

/** A session as far as the hub is concerned. */
export interface Subscriber {
  readonly id: string
  readonly team: string
  readonly principal: Principal | null
  readonly transport: Transport
}

export interface Subscription {
  readonly topic: ActiveTopic
  readonly variant: Variant
  readonly room: string
}

export interface HubCounters {
  broadcasts: number
  whole: number
  patch: number
  provisional: number
  resyncs: number
}

/** Who is subscribed to what in this process, and what they are sent. */
export interface Hub {
  readonly counters: Readonly<HubCounters>
  readonly active: Iterable<ActiveTopic>
  /** Validated params; rejects with `UNKNOWN_TOPIC` or `INVALID_INPUT`. */
  resolve(request: Pick<SubscribeRequest, 'topic' | 'params'>): Promise<{ readonly definition: RegisteredTopic; readonly params: unknown; readonly key: string }>
  /** Joins first, then loads. `added` is called before anything is awaited that could fail. */
  subscribe(
    subscriber: Subscriber,
    request: { readonly name: string; readonly key: string; readonly params: unknown; readonly definition: RegisteredTopic; readonly variant: Variant; readonly since: Mark | undefined },
    added: (subscription: Subscription) => void,
  ): Promise<Subscribed>
  unsubscribe(subscriber: Subscriber, subscription: Subscription): void
  /** Sends the latest state of a subscription, as after a lag. */
  refresh(subscriber: Subscriber, subscription: Subscription): Promise<void>
  publish(team: string, name: string, change: { readonly params?: unknown } & TopicChange): void
  /** Reads a topic again from storage, the truth, and tells its subscribers what they lack. */
  reload(topic: ActiveTopic): Promise<void>
  /** Storage answers again: whoever waits is served. */
  storageUp(): void
  /** The whole of a topic, without subscribing. */
  read(definition: RegisteredTopic, at: { readonly key: string; readonly name: string; readonly params: unknown; readonly team: string; readonly principal: Principal | null }): Promise<Frame | null>
}

export interface HubOptions {
  readonly topics: ReadonlyMap<string, RegisteredTopic>
  readonly transports: ReadonlySet<Transport>
  readonly logger: Logger
}

const cannotAnswer = (error: SightlineError): boolean => error.code === 'UNAVAILABLE' || error.code === 'TIMEOUT'

export const createHub = ({ topics, transports, logger }: HubOptions): Hub => {
  const actives = new Map<string, ActiveTopic>()
  const counters: HubCounters = { broadcasts: 0, whole: 0, patch: 0, provisional: 0, resyncs: 0 }

  const idOf = (team: string, key: string): string => JSON.stringify([team, key])
  const memberCount = ({ members }: ActiveTopic): number => [...members.values()].reduce((sum, count) => sum + count, 0)

  const broadcast = (active: ActiveTopic, { whole, patch, isNews }: Broadcast<Frame>): void => {
    if (isNews) active.news++
    for (const [variant, count] of active.members) {
      // Version 1 knows no marks: it is told of news only.
      if (count === 0 || (variant === 'v1' && !isNews)) continue
      const frame = (variant === 'patch' ? patch() : null) ?? whole
      const room = roomFor({ team: active.team, topic: active.key, params: active.params, variant })
      for (const transport of transports) transport.broadcast(room, frame)
      counters.broadcasts++
      counters[frame.provisional === true ? 'provisional' : frame === whole ? 'whole' : 'patch']++
    }
  }

  const apply = (active: ActiveTopic, change: TopicChange): void => {
    const result = applyChange(active, change)
    if (change.kind === 'state') active.loaded = true
    if (result !== null) broadcast(active, result)
  }

  const loadOnce = async (active: ActiveTopic): Promise<void> => {
    const context = { team: active.team, principal: null }
    try {
      if (active.definition.kind !== 'log') {
        const loaded = await active.definition.load(active.params, context)
        const result = applyLoaded(active, loaded)
        if (result !== null && active.loaded) broadcast(active, result)
      }
      active.loaded = true
    } catch (thrown) {
      const error = SightlineError.from(thrown)
      const known = cannotAnswer(error) ? (active.definition.fallback?.(active.params, context) ?? null) : null
      if (known === null) throw error
      const state = known as NonNullable<TopicStates['state']>
      if (active.definition.kind === 'state') apply(active, { kind: 'state', ...state, provisional: true })
    } finally {
      active.loading = null
      for (const change of active.held.splice(0)) apply(active, change)
    }
  }

  const load = (active: ActiveTopic): Promise<void> => {
    active.loading ??= loadOnce(active)
    return active.loading
  }

  const logFrame = async (active: ActiveTopic, principal: Principal | null, since: string | undefined): Promise<LogFrame> => {
    const loaded = await active.definition.load(active.params, { team: active.team, principal, ...(since === undefined ? {} : { since }) })
    const { entries, cursor } = loaded as TopicStates['log']
    return { topic: active.key, kind: 'log', cursor, entries, ...(since === undefined ? { reset: true } : {}) }
  }

  const answer = async (active: ActiveTopic, subscriber: Subscriber, since: Mark | undefined): Promise<Subscribed> => {
    const topic = active.key
    if (active.definition.kind === 'log') return { topic, frame: await logFrame(active, subscriber.principal, since?.cursor) }
    if (!active.loaded) await load(active)
    const frame = answerFrom(active, since)
    if (frame === undefined) return { topic, pending: true }
    return frame === null ? { topic, upToDate: true } : { topic, frame }
  }

  const activate = (identity: Pick<ActiveTopic, 'name' | 'key' | 'team' | 'params' | 'definition'>): ActiveTopic => {
    const id = idOf(identity.team, identity.key)
    const known = actives.get(id)
    if (known !== undefined) return known
    const active = createActiveTopic(identity)
    actives.set(id, active)
    return active
  }

  const unsubscribe: Hub['unsubscribe'] = (subscriber, { topic, variant, room }) => {
    subscriber.transport.leave(subscriber.id, room)
    topic.members.set(variant, (topic.members.get(variant) ?? 1) - 1)
    if (memberCount(topic) <= 0 && actives.get(idOf(topic.team, topic.key)) === topic) actives.delete(idOf(topic.team, topic.key))
  }

  return {
    counters,
    active: { [Symbol.iterator]: () => actives.values() },
    resolve: async ({ topic, params }) => {
      const definition = topics.get(topic)
      if (definition === undefined) throw new SightlineError('UNKNOWN_TOPIC', `There is no topic ${JSON.stringify(topic)}.`)
      const parsed = definition.params === null ? undefined : await parseWith(definition.params, params)
      return { definition, params: parsed, key: topicKey(topic, (parsed ?? {}) as Record<string, unknown>) }
    },
    subscribe: async (subscriber, { name, key, params, definition, variant, since }, added) => {
      const active = activate({ name, key, team: subscriber.team, params, definition })
      const room = roomFor({ team: subscriber.team, topic: key, params, variant })
      active.members.set(variant, (active.members.get(variant) ?? 0) + 1)
      subscriber.transport.join(subscriber.id, room)
      added({ topic: active, variant, room })
      try {
        return await answer(active, subscriber, since)
      } catch (thrown) {
        const error = SightlineError.from(thrown)
        if (cannotAnswer(error)) return { topic: key, pending: true }
        throw error
      }
    },
    unsubscribe,
    refresh: async (subscriber, { topic: active, variant }) => {
      counters.resyncs++
      const answered = await answer(active, subscriber, undefined).catch(() => null)
      if (answered !== null && 'frame' in answered) subscriber.transport.send(subscriber.id, answered.frame, variant)
    },
    publish: (team, name, { params, ...change }) => {
      if (actives.size === 0) return
      const active = actives.get(idOf(team, topicKey(name, (params ?? {}) as Record<string, unknown>)))
      if (active === undefined) return
      if (change.kind === 'keyed' && !active.loaded) active.held.push(change)
      else apply(active, change)
    },
    reload: async (active) => {
      counters.resyncs++
      await load(active).catch((thrown) => {
        logger.debug({ topic: active.key, code: SightlineError.from(thrown).code }, 'A topic could not be read again.')
      })
    },
    storageUp: () => {
      for (const active of actives.values()) {
        if (active.definition.kind === 'log' || active.loaded) continue
        load(active).then(
          () => {
            const frame = answerFrom(active, undefined)
            if (frame !== null && frame !== undefined) broadcast(active, { whole: frame, patch: () => null, isNews: true })
          },
          () => {},
        )
      }
    },
    read: async (definition, { key, name, params, team, principal }) => {
      const context = { team, principal }
      const active = actives.get(idOf(team, key)) ?? createActiveTopic({ name, key, team, params, definition })
      if (definition.kind === 'log') return logFrame(active, principal, undefined)
      if (!active.loaded) {
        const loaded = await definition.load(params, context)
        applyLoaded(active, loaded)
      }
      return answerFrom(active, undefined) ?? null
    },
  }
}
