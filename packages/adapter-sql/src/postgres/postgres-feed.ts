import { type Clock, type FeedItem, type Head, type StorageDriver, snapshotId } from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'
import { type Change, snapshotStore } from '../changes/change.ts'
import { fromNotice, toBeat } from '../changes/change-notice.ts'
import type { SqlDialect } from '../dialect.ts'
import type { OpenEngine } from '../engine.ts'
import type { SqlFeed } from '../sql-storage.ts'
import { fromStoredText } from '../stored-text.ts'
import {
  type ChangedRow,
  type FeedPosition,
  findChangedSince,
  findChannel,
  fromToken,
  identifyServer,
  isResumable,
  notifyPosition,
  takePosition,
  toToken,
} from './feed-position.ts'
import { type Listening, listen } from './listening.ts'
import { channelExpression } from './notify.ts'
import type { PostgresPool } from './postgres-pool.ts'

interface PostgresFeedOptions {
  readonly dialect: SqlDialect
  readonly read: OpenEngine['read']
  /** Where the connections come from that listen; apart from the others where it can be. */
  openPool(): Promise<PostgresPool>
  readonly closesPool: boolean
  readonly clock: Clock
  /** From 0 up to 1. */
  random(): number
}

/** Least and greatest wait before a lost connection is opened anew. */
const firstRetryMs = 100
const longestRetryMs = 10_000
/** How often a feed asks whether it still hears, and so tells a position. */
const beatEveryMs = 1_000
/** So long without hearing its own beat the feed counts as deaf. */
const deafAfterMs = 6_000
/** How long trying may take, and opening a connection. */
const tryForMs = 2_000
const openForMs = 10_000

type Watch = NonNullable<StorageDriver['watch']>

/** The change feed over LISTEN and NOTIFY: a connection for each watch. */
export const postgresFeed = ({ dialect, read, openPool, closesPool, clock, random }: PostgresFeedOptions): SqlFeed => {
  let pool: PostgresPool | null = null
  let isWorking = false
  const closing = new AbortController()

  const listenOn = async (channel: string, withinMs: number, hear: (payload: string) => void): Promise<Listening> => {
    pool ??= await openPool()
    return listen({ pool, channel, clock, withinMs, hear })
  }

  /**
   * Listens, and notifies from another connection. A pooler that shares connections among clients accepts both and delivers nothing, or to
   * somebody else.
   */
  const tryOut = async (): Promise<boolean> => {
    const id = crypto.randomUUID()
    let heard = (_: boolean): void => {}
    const answer = new Promise<boolean>((resolve) => {
      heard = resolve
    })
    const cancel = clock.setTimer(tryForMs, () => heard(false))
    try {
      const channel = await read(() => findChannel(channelExpression(dialect.tablePrefix)))
      const listening = await listenOn(channel, tryForMs, (payload) => {
        const notice = fromNotice(payload)
        if (notice?.kind === 'beat' && notice.id === id) heard(true)
      })
      try {
        // Where the pool has no second connection, this one comes when the first is given back.
        read(() => notifyPosition(channel, toBeat(id))).catch(() => heard(false))
        return await Promise.race([answer, listening.lost.then(() => false)])
      } finally {
        listening.stop()
      }
    } catch {
      return false
    } finally {
      cancel()
    }
  }

  /** One connection's life. Resolves with why it ended. */
  const follow = async ({ stores, since, isFirst, signal, sink }: Following): Promise<string> => {
    const wanted = new Set(stores)
    const beats = new Map<string, Beat>()
    let waiting: Change[] | null = []
    let lastHeardAt = clock.monotonic()
    let server = '0.0'

    const tell = (change: Change): void => {
      if (wanted.has(change.store)) sink({ kind: 'changed', ...change })
    }
    /** Notifications come in the order of commits: all that the position shows was heard before its own beat. */
    const settle = (id: string, { isHeard, position }: Beat): void => {
      if (!isHeard || position === null) return
      beats.delete(id)
      sink({ kind: 'position', token: toToken(position) })
    }
    const hear = (payload: string): void => {
      const notice = signal.aborted ? null : fromNotice(payload)
      if (notice?.kind === 'changes') for (const change of notice.changes) waiting === null ? tell(change) : waiting.push(change)
      else if (notice?.kind === 'unnamed') {
        if (notice.stores.some((store) => wanted.has(store)) || notice.stores.length === 0) {
          sink({ kind: 'gap', reason: 'a change had too long a name to be told' })
        }
      } else if (notice?.kind === 'beat') {
        const beat = beats.get(notice.id)
        if (beat === undefined) return
        lastHeardAt = clock.monotonic()
        beat.isHeard = true
        settle(notice.id, beat)
      }
    }

    const channel = await read(() => findChannel(channelExpression(dialect.tablePrefix)))
    const listening = await listenOn(channel, openForMs, hear)
    const abort = (): void => listening.stop()
    signal.addEventListener('abort', abort, { once: true })
    let cancelBeat = (): void => {}
    let deaf = (): void => {}
    const silent = new Promise<string>((resolve) => {
      deaf = () => resolve('nothing was heard although there was something to hear')
    })
    try {
      server = await read(identifyServer)
      if (signal.aborted) return 'it was stopped'
      sink({ kind: 'mode', mode: 'notify', reason: 'PostgreSQL notifies of changes' })
      if (!isFirst) sink({ kind: 'gap', reason: 'the connection that listens was opened anew' })
      else if (since !== undefined) await resume({ since, server, wanted, sink, takeWaiting: () => waiting ?? [] })
      const heldBack = waiting
      waiting = null
      if (since === undefined || !isFirst) heldBack.forEach(tell)

      const beat = (): void => {
        if (clock.monotonic() - lastHeardAt > deafAfterMs) {
          deaf()
          return
        }
        const id = crypto.randomUUID()
        const sent: Beat = { isHeard: false, position: null }
        beats.set(id, sent)
        read(() => notifyPosition(channel, toBeat(id))).then(
          (position) => {
            sent.position = { server, ...position }
            settle(id, sent)
          },
          () => void beats.delete(id),
        )
        cancelBeat = clock.setTimer(beatEveryMs, beat)
      }
      beat()
      return await Promise.race([listening.lost, silent])
    } finally {
      cancelBeat()
      signal.removeEventListener('abort', abort)
      listening.stop()
    }
  }

  /** Tells what was written after the position, then of what was heard meanwhile that which is newer. */
  const resume = async ({ since, server, wanted, sink, takeWaiting }: Resuming): Promise<void> => {
    const now = await read(() => takePosition())
    if (!isResumable(since, { server, ...now })) {
      sink({ kind: 'gap', reason: 'the position is too old, or another server’s' })
      for (const change of takeWaiting()) if (wanted.has(change.store)) sink({ kind: 'changed', ...change })
      return
    }
    const told = new Map<string, Head>()
    for (const row of await read(() => findChangedSince(dialect, since))) {
      const { store, head } = toChange(row)
      if (!wanted.has(store)) continue
      told.set(JSON.stringify([store, head.team, head.id, head.version.epoch]), head)
      sink({ kind: 'changed', store, head })
    }
    for (const { store, head } of takeWaiting()) {
      const known = told.get(JSON.stringify([store, head.team, head.id, head.version.epoch]))
      if (wanted.has(store) && (known === undefined || known.version.revision < head.version.revision)) {
        sink({ kind: 'changed', store, head })
      }
    }
  }

  const watch: Watch = async ({ stores, since, signal: stopped }, sink) => {
    if (!isWorking)
      throw new SightlineError('UNSUPPORTED', 'This PostgreSQL, or what stands before it, delivers no notifications.')
    const position = since === undefined ? undefined : fromToken(since)
    const signal = AbortSignal.any([stopped, closing.signal])
    const tell = (item: FeedItem): void => {
      if (!signal.aborted) sink(item)
    }
    let failures = 0
    let isFirst = true
    while (!signal.aborted) {
      let reason: string
      const begunAt = clock.monotonic()
      try {
        reason = await follow({ stores, since: position, isFirst, signal, sink: tell })
        if (clock.monotonic() - begunAt > longestRetryMs) failures = 0
        tell({ kind: 'mode', mode: 'off', reason })
      } catch (thrown) {
        reason = thrown instanceof Error ? thrown.message : String(thrown)
        if (failures === 0) tell({ kind: 'mode', mode: 'off', reason: 'PostgreSQL is not reached' })
      }
      isFirst = false
      if (signal.aborted) return
      failures++
      const waitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(failures, 10)) * (0.5 + random() / 2)
      await pause(clock, waitMs, signal)
    }
  }

  return {
    tryOut: async () => {
      isWorking = await tryOut()
      return isWorking
    },
    watch,
    close: async () => {
      closing.abort()
      const ours = closesPool ? pool : null
      pool = null
      await ours?.end()
    },
  }
}

/** Its notification and its answer come in any order. */
interface Beat {
  isHeard: boolean
  position: FeedPosition | null
}

interface Following {
  readonly stores: readonly string[]
  readonly since: FeedPosition | undefined
  /** Has this watch listened before, so that something may have been missed? */
  readonly isFirst: boolean
  readonly signal: AbortSignal
  sink(item: FeedItem): void
}

interface Resuming {
  readonly since: FeedPosition
  readonly server: string
  readonly wanted: ReadonlySet<string>
  sink(item: FeedItem): void
  /** What was heard while this was read. */
  takeWaiting(): readonly Change[]
}

const toChange = ({ store, team, api, id, epoch, revision, is_deleted }: ChangedRow): Change => {
  const head = { team: fromStoredText(team), version: { epoch, revision }, ...(is_deleted ? { deleted: true as const } : {}) }
  if (api === null) return { store: fromStoredText(store), head: { ...head, id: fromStoredText(id) } }
  return { store: snapshotStore, head: { ...head, id: snapshotId({ api: fromStoredText(api), region: fromStoredText(id) }) } }
}

const pause = (clock: Pick<Clock, 'setTimer'>, ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const finish = (): void => {
      cancel()
      signal.removeEventListener('abort', finish)
      resolve()
    }
    const cancel = clock.setTimer(ms, finish)
    signal.addEventListener('abort', finish, { once: true })
    if (signal.aborted) finish()
  })
