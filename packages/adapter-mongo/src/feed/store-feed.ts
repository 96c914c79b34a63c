import type { Clock, FeedItem, Head } from '@sightline/core/ports'
import type { ChangeStream, ChangeStreamOptions, Document, FindCursor } from 'mongodb'
import {
  decideFeed,
  type FeedAction,
  type FeedEvent,
  type FeedState,
  type FeedTiming,
  firstFeedState,
  type StartFrom,
} from './decide-feed.ts'
import { failureOf } from './feed-failure.ts'
import type { FeedPosition } from './feed-position.ts'
import type { WatchedStore } from './watched-store.ts'

export interface StoreFeedOptions {
  readonly store: WatchedStore
  readonly timing: FeedTiming & { readonly pollIntervalMs: number; readonly silentAfterMs: number }
  readonly clock: Clock
  /** The server's clock, ms since the Unix epoch. */
  now(): number
  /** Where an earlier run ended. */
  readonly since: FeedPosition | null
  sink(item: FeedItem): void
  stateChanged(state: FeedState, reason: string): void
}

/** The feed of one store: runs what `decideFeed` says. */
export interface StoreFeed {
  start(): void
  state(): FeedState
  position(): FeedPosition
  /** Idempotent; nothing is told afterwards. */
  stop(): void
}

/** What ends the stream of a collection. */
const endings = new Set(['drop', 'rename', 'dropDatabase', 'invalidate'])
/** Where changes come, more are near. A server that does not hold an answer back is asked again so long after the last one, in ms. */
const rests = [
  { untilMs: 50, restMs: 0 },
  { untilMs: 1_000, restMs: 1 },
  { untilMs: Number.POSITIVE_INFINITY, restMs: 25 },
] as const
/** Clocks of writers may differ by this much from the server's. */
const overlapMs = 3_000
/** How many documents' last told versions are remembered, so that what is seen again is not told again. */
const mostTold = 50_000

export const storeFeed = ({ store, timing, clock, now, since, sink, stateChanged }: StoreFeedOptions): StoreFeed => {
  const { collection, fields } = store
  const told = new Map<string, string>()
  const timers = new Set<() => void>()
  let state: FeedState = firstFeedState
  let position: FeedPosition = since ?? { at: now() }
  let stream: ChangeStream | null = null
  let isStopped = false
  let isPolling = false
  let polledTo = 0
  let openedAt = 0

  const later = (afterMs: number, run: () => void): void => {
    const cancel = clock.setTimer(afterMs, () => {
      timers.delete(cancel)
      if (!isStopped) run()
    })
    timers.add(cancel)
  }

  const happen = (event: FeedEvent, reason: string): void => {
    if (isStopped) return
    const step = decideFeed(state, event, timing)
    const isChanged = step.state.phase !== state.phase
    state = step.state
    for (const action of step.actions) act(action)
    if (isChanged) stateChanged(state, reason)
  }

  const act = (action: FeedAction): void => {
    switch (action.kind) {
      case 'open':
        if (action.afterMs === 0) void open(action.from)
        else later(action.afterMs, () => void open(action.from))
        return
      case 'close':
        closeStream()
        return
      case 'poll':
        isPolling = true
        polledTo = 'at' in position ? position.at : now()
        position = { at: polledTo }
        later(0, () => void poll())
        return
      case 'stop-polling':
        isPolling = false
        return
      case 'probe':
        later(action.afterMs, () => happen({ kind: 'probe' }, 'time to try a change stream again'))
        return
      case 'gap':
        sink({ kind: 'gap', reason: `${store.name}: ${action.reason}` })
        return
    }
  }

  /** In the background: a stream whose server is away may take long to close, and nothing hangs on it. */
  const closeStream = (): void => {
    stream?.close().catch(() => {})
    stream = null
  }

  const tell = (document: Document | null | undefined): void => {
    const head = document === null || document === undefined ? null : store.toHead(document)
    if (head === null || isStopped) return
    const id = `${head.team.length}:${head.team}${head.id}`
    if (told.get(id) === versionText(head)) return
    told.delete(id)
    told.set(id, versionText(head))
    if (told.size > mostTold) told.delete(told.keys().next().value as string)
    sink({ kind: 'changed', store: store.name, head })
  }

  const isTold = (document: Document): boolean => {
    const head = store.toHead(document)
    return head === null || told.get(`${head.team.length}:${head.team}${head.id}`) === versionText(head)
  }

  const open = async (from: StartFrom): Promise<void> => {
    closeStream()
    const start = await startOf(from, position)
    if (isStopped) return
    let own: ChangeStream | null = null
    try {
      own = collection().watch([{ $project: projectionOf(fields) }], { ...start, fullDocument: 'updateLookup' })
      stream = own
      // The first answer says whether the server serves it at all.
      let change = (await own.tryNext()) as Document | null
      if (stream !== own) return
      openedAt = now()
      if (own.resumeToken !== undefined && own.resumeToken !== null) position = { token: own.resumeToken }
      else if (from === 'now') position = { at: openedAt }
      happen({ kind: 'opened' }, 'the change stream is open')
      let toldAt = clock.monotonic()
      while (stream === own && !isStopped) {
        if (change !== null) {
          if (endings.has(change.operationType)) {
            // Some servers say so and no more; others end the stream with an event of its own, which is the one to go on after.
            const last = change.operationType === 'invalidate' ? change : await own.tryNext().catch(() => null)
            position = { token: (last ?? change)._id }
            return happen({ kind: 'invalidated' }, 'the collection was dropped or renamed')
          }
          tell(change.fullDocument as Document | null)
        }
        if (own.resumeToken !== undefined && own.resumeToken !== null) position = { token: own.resumeToken }
        const askedAt = clock.monotonic()
        change = (await own.tryNext()) as Document | null
        // A server that does not wait for events itself is not to be asked without pause.
        if (change !== null) toldAt = clock.monotonic()
        else if (clock.monotonic() - askedAt < 5) await rest(clock.monotonic() - toldAt)
      }
    } catch (thrown) {
      if (stream !== own || isStopped) return
      const failure = failureOf(thrown)
      happen({ kind: 'failed', failure }, reasonOf(thrown))
    }
  }

  const rest = async (quietMs: number): Promise<void> => {
    const restMs = rests.find(({ untilMs }) => quietMs < untilMs)?.restMs ?? 0
    if (restMs > 0) await new Promise<void>((resolve) => clock.setTimer(restMs, resolve))
  }

  const heads = (filter: object): FindCursor<Document> =>
    collection()
      .find(filter)
      .project(Object.fromEntries(fields.map((field) => [field, 1])))

  const poll = async (): Promise<void> => {
    if (!isPolling || isStopped) return
    try {
      const from = polledTo - overlapMs
      const documents = await heads({ changedAt: { $gte: from } })
        .sort({ changedAt: 1 })
        .toArray()
      for (const document of documents) tell(document)
      polledTo = Math.max(polledTo, documents.at(-1)?.changedAt ?? 0)
      position = { at: polledTo }
    } catch {
      // Tried again at the next turn, from where it was.
    }
    if (isPolling) later(timing.pollIntervalMs, () => void poll())
  }

  /** Is there a change that the stream has had time to tell, and has not? */
  const checkSilence = async (): Promise<void> => {
    if (state.phase === 'streaming') {
      try {
        const [newest] = await heads({}).sort({ changedAt: -1 }).limit(1).toArray()
        const changedAt: number = newest?.changedAt ?? 0
        const isDue = changedAt > openedAt && changedAt < now() - timing.silentAfterMs / 2
        if (newest !== undefined && isDue && !isTold(newest)) {
          happen({ kind: 'silent' }, 'the change stream does not tell what changes')
        }
      } catch {
        // The stream itself says when the server is away.
      }
    }
    later(timing.silentAfterMs / 2, () => void checkSilence())
  }

  return {
    start: () => {
      void open(since === null ? 'now' : 'position')
      later(timing.silentAfterMs / 2, () => void checkSilence())
    },
    state: () => state,
    position: () => position,
    stop: () => {
      isStopped = true
      for (const cancel of timers) cancel()
      timers.clear()
      closeStream()
    },
  }
}

const projectionOf = (fields: readonly string[]): Document => ({
  operationType: 1,
  ...Object.fromEntries(fields.map((field) => [`fullDocument.${field}`, 1])),
})

const startOf = async (from: StartFrom, position: FeedPosition): Promise<ChangeStreamOptions> => {
  if (from === 'now') return {}
  if ('token' in position) return from === 'invalidation' ? { startAfter: position.token } : { resumeAfter: position.token }
  const { Timestamp } = await import('mongodb')
  return { startAtOperationTime: new Timestamp({ t: Math.floor(position.at / 1_000), i: 0 }) }
}

const versionText = ({ version: { epoch, revision }, deleted }: Head): string => `${revision} ${epoch} ${deleted === true}`

const reasonOf = (thrown: unknown): string => {
  const { name, code } = thrown as { readonly name?: string; readonly code?: unknown }
  return code === undefined ? (name ?? 'unknown error') : `${name} ${String(code)}`
}
