import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'
import type { SqlDialect } from '../dialect.ts'
import type { OpenEngine, SqlEngine } from '../engine.ts'
import { meaningOf, toStorageError } from '../sql-error.ts'
import type { Script, Step } from '../statement.ts'
import { openSqlite, type SqliteConnection, type SqliteSource } from './sqlite-connection.ts'
import { createTransactionRest } from './transaction-rest.ts'

interface SqliteEngineOptions {
  readonly dialect: SqlDialect
  readonly source: SqliteSource
  /** As errors name the database. */
  readonly where: string
  readonly busyTimeoutMs: number
  readonly commitIntervalMs: number
  readonly clock: Clock
}

/** How often the file is looked at: it may have been deleted or replaced. */
const lookEveryMs = 1_000
/** Waits between tries for a lock; the last one again and again. A transaction of a neighbour is over in about the first. */
const busyWaitsMs = [1, 2, 5, 10, 20, 50] as const

/** Scripts on SQLite: each runs in one turn of the event loop, so that on one connection nothing ever comes in between. */
export const sqliteEngine = ({
  dialect,
  source,
  where,
  busyTimeoutMs,
  commitIntervalMs,
  clock,
}: SqliteEngineOptions): SqlEngine => {
  const rest = createTransactionRest()
  let current: SqliteConnection | null = null
  let opening: Promise<SqliteConnection> | null = null
  let prepare: (engine: OpenEngine) => Promise<void> = async () => {}
  let lookedAt = Number.NEGATIVE_INFINITY
  let generation = 0
  let isClosed = false

  /** Tries until nobody else holds the lock, for at most `busyTimeoutMs`. */
  const patiently = async <T>(work: () => T | Promise<T>): Promise<T> => {
    for (let waitedMs = 0, tries = 0; ; tries++) {
      try {
        return await work()
      } catch (thrown) {
        if (meaningOf(thrown) !== 'busy' || waitedMs >= busyTimeoutMs) throw toStorageError(thrown, where)
        const waitMs = busyWaitsMs[Math.min(tries, busyWaitsMs.length - 1)] as number
        await sleep(waitMs)
        waitedMs += waitMs
      }
    }
  }

  const over = (connection: SqliteConnection): OpenEngine => ({
    transact: (script) =>
      patiently(() => {
        const from = clock.monotonic()
        try {
          return connection.transact(script())
        } finally {
          rest.worked({ from, until: clock.monotonic() })
        }
      }),
    read: (script) => patiently(() => connection.read(script())),
  })

  const reopen = async (): Promise<SqliteConnection> => {
    if (isClosed) throw new SightlineError('UNAVAILABLE', `${where} is closed.`)
    current?.close()
    current = null
    generation++
    const connection = await patiently(() => openSqlite(source))
    try {
      await prepare(over(connection))
    } catch (thrown) {
      connection.close()
      throw thrown
    }
    lookedAt = clock.monotonic()
    current = connection
    return connection
  }

  /** The connection to the file that is there now. */
  const connected = (isSure = false): SqliteConnection | Promise<SqliteConnection> => {
    if (opening !== null) return opening
    if (current !== null && !isSure && clock.monotonic() - lookedAt < lookEveryMs) return current
    if (current?.isCurrent()) {
      lookedAt = clock.monotonic()
      return current
    }
    opening = reopen().finally(() => {
      opening = null
    })
    return opening
  }

  /** Where the tables are gone although the file is the same, somebody has emptied the store: they are made again. */
  const healing = async <T>(work: (engine: OpenEngine) => Promise<T>): Promise<T> => {
    const connection = await connected()
    try {
      return await work(over(connection))
    } catch (thrown) {
      if (!(thrown instanceof SightlineError) || meaningOf(thrown.cause) !== 'schema-missing') throw thrown
      generation++
      await prepare(over(connection))
      return work(over(connection))
    }
  }

  return {
    dialect,
    open: async (prepareStore) => {
      prepare = prepareStore
      const isFirst = current === null && opening === null
      const connection = await connected()
      if (!isFirst) await prepareStore(over(connection))
    },
    transact: (script) => healing((engine) => engine.transact(script)),
    read: (script) => healing((engine) => engine.read(script)),
    ping: async () => {
      await over(await connected(true)).read(askAnything)
      return clock.now()
    },
    now: () => clock.now(),
    generation: () => generation,
    schedule: (flush) => {
      const waitMs = rest.waitMs(clock.monotonic(), commitIntervalMs)
      if (waitMs > 0) setTimeout(flush, waitMs)
      else setImmediate(flush)
    },
    close: async () => {
      isClosed = true
      await opening?.catch(() => {})
      current?.close()
      current = null
    },
  }
}

const anything: Step = { sql: 'select count(*) from sqlite_master', values: [], reusable: true }

function* askAnything(): Script<void> {
  yield anything
}
