import { SightlineError } from '../errors.ts'
import { parseWith } from '../operations/parse-with.ts'
import type { Principal } from '../ports/access.ts'
import type { Logger } from '../ports/logger.ts'
import type { Subscribed, SubscribeRequest, Transport, Variant } from '../ports/transport.ts'
import type { Frame, Mark } from '../protocol/frame.ts'
import { roomFor } from '../protocol/rooms.ts'
import { spellName } from '../protocol/spell-name.ts'
import { topicKey } from '../protocol/topic-key.ts'
import type { Subscriber, Subscription } from './active-topic.ts'
import { type ActiveTopic, answerFrom, applyChange, createActiveTopic, loadContent } from './active-topic.ts'
import type { RegisteredTopic, TopicStates } from './define-topic.ts'
import { readLog } from './log-reading.ts'
import type { Broadcast } from './state-room.ts'
import type { TopicChange } from './topic-change.ts'

export interface HubCounters {
  broadcasts: number
  whole: number
  patch: number
  provisional: number
  resyncs: number
}

/** A topic as a request named it: found, its params validated. */
export interface ResolvedTopic {
  readonly name: string
  readonly definition: RegisteredTopic
  readonly params: unknown
  readonly key: string
}

/** Who is subscribed to what in this process, and what they are sent. */
export interface Hub {
  readonly counters: Readonly<HubCounters>
  readonly active: Iterable<ActiveTopic>
  /** By team and topic key; null where nobody here is subscribed to it. */
  find(team: string, key: string): ActiveTopic | null
  /** Rejects with `UNKNOWN_TOPIC` or `INVALID_INPUT`. */
  /** What may be subscribed to. */
  serve(topics: ReadonlyMap<string, RegisteredTopic>): void
  resolve(request: Pick<SubscribeRequest, 'topic' | 'params'>): Promise<ResolvedTopic>
  /** From now on the session is sent what is new; what it lacks until then is for `answer`. */
  join(subscriber: Subscriber, topic: ResolvedTopic, variant: Variant): Subscription
  /** What a session with this mark lacks. While storage cannot say, `pending`, and a frame follows. */
  answer(subscriber: Subscriber, subscription: Subscription, since: Mark | undefined): Promise<Subscribed>
  leave(subscriber: Subscriber, subscription: Subscription): void
  /** Out of the room while the session's buffer is full. */
  pause(subscriber: Subscriber, subscription: Subscription): void
  /** Back in the room; the latest state is sent, where anything may have been missed. */
  resume(subscriber: Subscriber, subscription: Subscription): Promise<void>
  publish(team: string, name: string, change: { readonly params?: unknown } & TopicChange): void
  /** Reads a topic again from storage, the truth, and tells its subscribers what they lack. */
  reload(topic: ActiveTopic): Promise<void>
  /** Reads whatever storage could not say before; whoever waits is served. */
  loadWaiting(): void
  /** The whole of a topic, without subscribing. */
  read(topic: ResolvedTopic, as: { readonly team: string; readonly principal: Principal | null }): Promise<Frame | null>
}

export interface HubOptions {
  readonly transports: ReadonlySet<Transport>
  readonly logger: Logger
}

const keyOf = (name: string, params: unknown): string => {
  try {
    return topicKey(name, (params ?? {}) as Record<string, unknown>)
  } catch (cause) {
    throw new SightlineError(
      'INVALID_INPUT',
      `These params of the topic ${spellName(name)} have no name: they are nested too deeply.`,
      { cause },
    )
  }
}

const cannotAnswer = (thrown: unknown): boolean => ['UNAVAILABLE', 'TIMEOUT'].includes(SightlineError.from(thrown).code)

export const createHub = ({ transports, logger }: HubOptions): Hub => {
  let topics: ReadonlyMap<string, RegisteredTopic> = new Map()
  const actives = new Map<string, ActiveTopic>()
  const counters: HubCounters = { broadcasts: 0, whole: 0, patch: 0, provisional: 0, resyncs: 0 }

  const idOf = (team: string, key: string): string => JSON.stringify([team, key])
  const isActive = (topic: ActiveTopic): boolean => actives.get(idOf(topic.team, topic.key)) === topic

  const broadcast = (active: ActiveTopic, { whole, patch, isNews }: Broadcast<Frame>): void => {
    active.shown = true
    if (isNews) active.news++
    if (active.content.kind !== 'log') active.awaiting.clear()
    for (const [variant, count] of active.members) {
      // Version 1 knows no marks: it is told of news only.
      if (count === 0 || (variant === 'v1' && !isNews)) continue
      const frame = variant === 'patch' && patch !== null ? patch : whole
      const room = roomFor({ team: active.team, topic: active.key, params: active.params, variant })
      for (const transport of transports) transport.broadcast(room, frame)
      counters.broadcasts++
      counters[frame.provisional === true ? 'provisional' : frame === patch ? 'patch' : 'whole']++
    }
  }

  const apply = (active: ActiveTopic, change: TopicChange): void => {
    const result = applyChange(active, change)
    if (change.kind === 'state' && change.provisional !== true) active.loaded = true
    if (result !== null) broadcast(active, result)
  }

  const applyHeld = (active: ActiveTopic): void => {
    for (const change of active.held.splice(0)) apply(active, change)
  }

  const takeFallback = (active: ActiveTopic): boolean => {
    const { definition, params, team } = active
    const state = definition.fallback?.(params, { team, principal: null }) as TopicStates['state'] | undefined
    if (state == null) return false
    apply(active, { kind: 'state', ...state, provisional: true })
    return true
  }

  /** Whoever was told that a frame follows. What there is already is no news. */
  const tellAwaiting = (active: ActiveTopic): void => {
    const whole = active.awaiting.size === 0 ? null : answerFrom(active, undefined)
    if (whole != null) broadcast(active, { whole, patch: null, isNews: false })
  }

  const loadOnce = async (active: ActiveTopic): Promise<void> => {
    try {
      const loaded = await loadContent(active)
      active.loaded = true
      if (loaded.broadcast !== null && active.shown) broadcast(active, loaded.broadcast)
      else tellAwaiting(active)
      if (loaded.isLaterShown) takeFallback(active)
      applyHeld(active)
    } catch (thrown) {
      if (active.loaded) applyHeld(active)
      if (!cannotAnswer(thrown) || !takeFallback(active)) throw thrown
    } finally {
      active.loading = null
      active.held = []
    }
  }

  const load = (active: ActiveTopic): Promise<void> => {
    active.loading ??= loadOnce(active)
    return active.loading
  }

  const activate = (team: string, { name, key, params, definition }: ResolvedTopic): ActiveTopic => {
    const id = idOf(team, key)
    const known = actives.get(id)
    if (known !== undefined) return known
    const active = createActiveTopic({ name, key, team, params, definition })
    actives.set(id, active)
    return active
  }

  /** A topic's author may have thrown anything; who asked is shown what is safe to show. */
  const failed = (active: ActiveTopic, thrown: unknown): SightlineError => {
    const error = SightlineError.from(thrown)
    if (error.code === 'INTERNAL') logger.error({ topic: active.key, error: String(error.cause ?? error) }, 'A topic failed.')
    return error
  }

  /** The frame for a mark; undefined where storage cannot say. Rejects with a `SightlineError` for other reasons. */
  const answerTo = async (
    active: ActiveTopic,
    principal: Principal | null,
    since: Mark | undefined,
  ): Promise<Frame | null | undefined> => {
    try {
      if (active.definition.kind === 'log') return await readLog(active, { principal, since: since?.cursor })
      if (!active.loaded) await load(active)
    } catch (thrown) {
      if (!cannotAnswer(thrown)) throw failed(active, thrown)
    }
    const frame = answerFrom(active, since)
    if (frame != null) active.shown = true
    return frame
  }

  /** Sends a session the latest, or has it wait for that. */
  const sendLatest = async (subscriber: Subscriber, subscription: Subscription, since: Mark | undefined): Promise<void> => {
    const { topic: active, variant } = subscription
    counters.resyncs++
    const isKnown = active.loaded && active.definition.kind !== 'log'
    // At once where nothing has to be read: what is broadcast meanwhile must not be overtaken by what was before.
    const frame = isKnown ? answerFrom(active, since) : await answerTo(active, subscriber.principal, since)
    if (subscription.ended) return
    if (frame === undefined) active.awaiting.set(subscription, { subscriber, since })
    else if (frame !== null) subscriber.transport.send(subscriber.id, frame, variant)
  }

  const report = (active: ActiveTopic) => (thrown: unknown) =>
    logger.debug({ topic: active.key, code: SightlineError.from(thrown).code }, 'A topic could not be read.')

  const reloadLog = async (active: ActiveTopic): Promise<void> => {
    if (active.content.kind !== 'log') return
    const { cursor: since } = active.content.room
    const frame = await readLog(active, { principal: null, since: since ?? undefined })
    if (frame.reset === true && since !== null) broadcast(active, { whole: frame, patch: null, isNews: true })
    else apply(active, { kind: 'log', entries: frame.entries, cursor: frame.cursor })
  }

  const serveAwaiting = (active: ActiveTopic): void => {
    for (const [subscription, { subscriber, since }] of [...active.awaiting]) {
      active.awaiting.delete(subscription)
      sendLatest(subscriber, subscription, since).catch(report(active))
    }
  }

  return {
    counters,
    active: { [Symbol.iterator]: () => actives.values() },
    find: (team, key) => actives.get(idOf(team, key)) ?? null,
    serve: (served) => {
      topics = served
    },
    resolve: async ({ topic: name, params }) => {
      const definition = topics.get(name)
      if (definition === undefined) throw new SightlineError('UNKNOWN_TOPIC', `There is no topic ${spellName(name)}.`)
      const parsed = definition.params === null ? undefined : await parseWith(definition.params, params)
      return { name, definition, params: parsed, key: keyOf(name, parsed) }
    },
    join: (subscriber, topic, variant) => {
      const active = activate(subscriber.team, topic)
      const room = roomFor({ team: subscriber.team, topic: topic.key, params: topic.params, variant })
      active.members.set(variant, (active.members.get(variant) ?? 0) + 1)
      subscriber.transport.join(subscriber.id, room)
      return { topic: active, variant, room, seen: active.news, ended: false }
    },
    answer: async (subscriber, subscription, since) => {
      const { topic: active } = subscription
      const topic = active.key
      const frame = await answerTo(active, subscriber.principal, since)
      if (frame === undefined) {
        if (!subscription.ended) active.awaiting.set(subscription, { subscriber, since })
        return { topic, pending: true }
      }
      return frame === null ? { topic, upToDate: true } : { topic, frame }
    },
    leave: (subscriber, subscription) => {
      const { topic: active, variant, room } = subscription
      if (subscription.ended) return
      subscription.ended = true
      subscriber.transport.leave(subscriber.id, room)
      active.awaiting.delete(subscription)
      active.members.set(variant, (active.members.get(variant) ?? 1) - 1)
      const isDeserted = [...active.members.values()].every((count) => count <= 0)
      if (isDeserted && isActive(active)) actives.delete(idOf(active.team, active.key))
    },
    pause: (subscriber, { room }) => subscriber.transport.leave(subscriber.id, room),
    resume: async (subscriber, subscription) => {
      const { topic: active, variant, room } = subscription
      subscriber.transport.join(subscriber.id, room)
      const hasMissed = active.news !== subscription.seen
      subscription.seen = active.news
      if (variant !== 'v1' || hasMissed) await sendLatest(subscriber, subscription, undefined).catch(report(active))
    },
    publish: (team, name, { params, ...change }) => {
      if (actives.size === 0) return
      const active = actives.get(idOf(team, keyOf(name, params)))
      if (active === undefined) return
      if (change.kind !== 'keyed') apply(active, change)
      else if (active.loading !== null) active.held.push(change)
      // Whoever reads the list reads this too.
      else if (active.loaded) apply(active, change)
    },
    reload: async (active) => {
      counters.resyncs++
      // What is being read may be from before what there is to learn now.
      await active.loading?.catch(() => {})
      if (!isActive(active)) return
      await (active.definition.kind === 'log' ? reloadLog(active) : load(active)).catch(report(active))
    },
    loadWaiting: () => {
      for (const active of actives.values()) {
        if (active.definition.kind === 'log') serveAwaiting(active)
        else if (!active.loaded) load(active).catch(report(active))
      }
    },
    read: async (topic, { team, principal }) => {
      const active = actives.get(idOf(team, topic.key)) ?? createActiveTopic({ ...topic, team })
      try {
        if (topic.definition.kind === 'log') return await readLog(active, { principal, since: undefined })
        if (!active.loaded) await load(active)
      } catch (thrown) {
        throw failed(active, thrown)
      }
      return answerFrom(active, undefined) ?? null
    },
  }
}
