import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'
import type { SqlDialect } from '../dialect.ts'
import type { OpenEngine, SqlEngine } from '../engine.ts'
import { meaningOf, toStorageError } from '../sql-error.ts'
import type { Script, Step } from '../statement.ts'
import { parseValue } from './parse-value.ts'
import type { PostgresClient, PostgresPool, PostgresQuery } from './postgres-pool.ts'

interface PostgresEngineOptions {
  readonly dialect: SqlDialect
  /** Called once, when the driver connects. */
  openPool(): Promise<PostgresPool>
  readonly closesPool: boolean
  readonly timeoutMs: number
  readonly preparesStatements: boolean
  readonly clock: Clock
  /** From 0 up to 1. */
  random(): number
}

const where = 'PostgreSQL'
/** Waits before a transaction is tried again that met another one: doubled each time, and never the same for two. */
const retryWaitMs = 2
const mostTries = 10

/** Scripts on PostgreSQL, query by query, each transaction on one connection of the pool. */
export const postgresEngine = ({
  dialect,
  openPool,
  closesPool,
  timeoutMs,
  preparesStatements,
  clock,
  random,
}: PostgresEngineOptions): SqlEngine => {
  const names = new Map<string, string>()
  let pool: PostgresPool | null = null
  let prepare: (engine: OpenEngine) => Promise<void> = async () => {}
  let serverAheadMs = 0

  /** The same text has the same name in every process, because a pooler may share connections among them. */
  const nameOf = (sql: string): string => {
    const known = names.get(sql)
    if (known !== undefined) return known
    const name = `sightline_${createHash('sha1').update(sql).digest('hex').slice(0, 20)}`
    names.set(sql, name)
    return name
  }

  const toQuery = ({ sql, values, reusable }: Step): PostgresQuery => ({
    text: sql,
    values: [...values],
    types: { getTypeParser: (oid) => (text) => parseValue(oid, text) },
    ...(reusable && preparesStatements ? { name: nameOf(sql) } : {}),
  })

  const runScript = async <T>(
    client: PostgresClient,
    script: Script<T>,
    before: (step: Step) => Promise<void> = async () => {},
  ): Promise<Finished<T>> => {
    const withCommit: Step[] = []
    let step = script.next([])
    while (step.done !== true) {
      await before(step.value)
      if (step.value.withCommit !== true) step = script.next((await client.query(toQuery(step.value))).rows)
      else {
        withCommit.push(step.value)
        step = script.next([])
      }
    }
    return { answer: step.value, withCommit }
  }

  /** Rejects with `TIMEOUT` where the work does not end in time, and closes its connection: nobody knows what it is still doing. */
  const withClient = async <T>(work: (client: PostgresClient) => Promise<T>): Promise<T> => {
    if (pool === null) throw new SightlineError('UNAVAILABLE', `${where} is not connected.`)
    const deadline = deadlineIn(timeoutMs, clock)
    let isBroken = true
    const connecting = pool.connect()
    try {
      const client = await deadline.before(connecting, (late) => late.release())
      // A connection that is lost while it is out of the pool says so by an event as well, which nobody else listens to.
      const ignore = (): void => {}
      client.on('error', ignore)
      try {
        const answer = await deadline.before(work(client))
        isBroken = false
        return answer
      } catch (thrown) {
        const meaning = meaningOf(thrown)
        isBroken = thrown instanceof SightlineError ? thrown.code === 'TIMEOUT' : meaning === 'unknown' || meaning === null
        throw thrown
      } finally {
        client.removeListener('error', ignore)
        client.release(isBroken)
      }
    } finally {
      deadline.clear()
    }
  }

  const transactOnce = async <T>(client: PostgresClient, { script, progress }: Transaction<T>): Promise<T> => {
    let isBegun = false
    const begin = async (step: Step): Promise<void> => {
      if (!isBegun && step.isWhole !== true) {
        isBegun = true
        await client.query({ text: 'begin' })
      }
      progress.mayHaveWritten = true
    }
    try {
      const { answer, withCommit } = await runScript(client, script, begin)
      // Several statements without values are one message to the server.
      if (isBegun) await client.query({ text: [...withCommit.map(({ sql }) => sql), 'commit'].join('; ') })
      return answer
    } catch (thrown) {
      // Where even this fails the connection is lost, and the transaction with it.
      if (isBegun) await client.query({ text: 'rollback' }).catch(() => {})
      throw thrown
    }
  }

  /**
   * Tries again where two transactions met, since the one that lost has done nothing; and once where a connection was lost before anything
   * was written: the pool may not have heard yet that the server was restarted.
   */
  const trying = async <T>(work: (client: PostgresClient, progress: Progress) => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries++) {
      const progress: Progress = { mayHaveWritten: false }
      try {
        return await withClient((client) => work(client, progress))
      } catch (thrown) {
        const meaning = meaningOf(thrown)
        const isWorthIt =
          meaning === 'busy' ? tries < mostTries : meaning === 'unknown' && !progress.mayHaveWritten && tries === 1
        if (!isWorthIt) throw toStorageError(thrown, where)
        await sleep(retryWaitMs * 2 ** Math.min(tries, 6) * random())
      }
    }
  }

  const opened: OpenEngine = {
    transact: (script) => trying((client, progress) => transactOnce(client, { script: script(), progress })),
    read: (script) => trying(async (client) => (await runScript(client, script())).answer),
  }

  /** Where the tables are gone, somebody has emptied the store: they are made again. */
  const healing = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (thrown) {
      if (!(thrown instanceof SightlineError) || meaningOf(thrown.cause) !== 'schema-missing') throw thrown
      await prepare(opened)
      return work()
    }
  }

  const ping = async (): Promise<number> => {
    const sentAt = clock.now()
    const [now = 0] = await opened.read(askTime)
    // The answer was right about half way.
    serverAheadMs = now - (sentAt + clock.now()) / 2
    return now
  }

  return {
    dialect,
    open: async (prepareStore) => {
      prepare = prepareStore
      pool ??= await openPool()
      await checkEncoding(opened)
      await ping()
      await prepare(opened)
    },
    transact: (script) => healing(() => opened.transact(script)),
    read: (script) => healing(() => opened.read(script)),
    ping,
    now: () => Math.round(clock.now() + serverAheadMs),
    // Nothing is remembered of a database that others write to.
    generation: () => 0,
    schedule: (flush) => void setImmediate(flush),
    close: async () => {
      const ours = closesPool ? pool : null
      pool = null
      await ours?.end()
    },
  }
}

interface Finished<T> {
  readonly answer: T
  readonly withCommit: readonly Step[]
}

interface Progress {
  mayHaveWritten: boolean
}

interface Transaction<T> {
  readonly script: Script<T>
  readonly progress: Progress
}

interface Deadline {
  /** `late` takes what comes when nobody waits for it any more. */
  before<T>(work: Promise<T>, late?: (answer: T) => void): Promise<T>
  clear(): void
}

const deadlineIn = (timeoutMs: number, clock: Pick<Clock, 'setTimer'>): Deadline => {
  let expire = (): void => {}
  let isOver = false
  const over = new Promise<never>((_, reject) => {
    expire = () => {
      isOver = true
      reject(new SightlineError('TIMEOUT', `${where} did not answer within ${timeoutMs} ms; whether it wrote is unknown.`))
    }
  })
  over.catch(() => {})
  const clear = clock.setTimer(timeoutMs, () => expire())
  return {
    before: (work, late) => {
      work.then(
        (answer) => {
          if (isOver) late?.(answer)
        },
        () => {},
      )
      return Promise.race([work, over])
    },
    clear,
  }
}

function* askTime(): Script<readonly number[]> {
  const rows = yield {
    sql: 'select cast(extract(epoch from clock_timestamp()) * 1000 as double precision) as now',
    values: [],
    reusable: false,
  }
  return (rows as readonly { readonly now: number }[]).map(({ now }) => Math.round(now))
}

/** @throws `INCOMPATIBLE` where the database cannot hold all of Unicode. */
const checkEncoding = async (engine: OpenEngine): Promise<void> => {
  const [row] = await engine.read(function* (): Script<readonly unknown[]> {
    return yield { sql: 'show server_encoding', values: [], reusable: false }
  })
  const { server_encoding: encoding } = row as { readonly server_encoding: string }
  if (encoding === 'UTF8') return
  throw new SightlineError('INCOMPATIBLE', `The database has the encoding ${encoding}; create it with encoding 'UTF8'.`)
}
