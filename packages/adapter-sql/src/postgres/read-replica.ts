import type { Clock, Logger } from '@sightline/core/ports'
import type { OpenEngine, SqlEngine } from '../engine.ts'
import type { Script } from '../statement.ts'

/** Reads that may be a little behind: from the replica while that is near enough, else from the primary. */
export interface ReadReplica {
  readonly read: OpenEngine['read']
  close(): Promise<void>
}

interface ReadReplicaOptions {
  readonly primary: Pick<SqlEngine, 'read'>
  readonly replica: SqlEngine
  /** A replica that is further behind is not asked. */
  readonly maxLagMs: number
  readonly clock: Pick<Clock, 'monotonic' | 'setTimer'>
  readonly logger: Logger
}

/** How often a replica in use is measured, and how long one that failed is left alone. */
const measureEveryMs = 1_000
const retryAfterMs = 10_000
/** How often it is looked whether a position has been replayed, and how far apart. */
const mostLooks = 5
const lookEveryMs = 20

/**
 * Measured by positions in the write-ahead log, so that neither clocks nor an idle primary mislead: the replica is behind by no more than
 * the age of the newest position of the primary's that it has replayed.
 */
export const readReplica = ({ primary, replica, maxLagMs, clock, logger }: ReadReplicaOptions): ReadReplica => {
  /** The primary's positions, oldest first, from the newest on that the replica had replayed. */
  let positions: readonly Position[] = []
  let isOpen = false
  let isUsed = true
  let judgedAt = Number.NEGATIVE_INFINITY
  let judging: Promise<boolean> | null = null

  const judge = async (): Promise<boolean> => {
    if (!isOpen) await replica.open(async () => {})
    isOpen = true
    const at = clock.monotonic()
    const lsn = await primary.read(askWritten)
    positions = [...positions, { at, lsn }].slice(-mostPositions)
    for (let looks = 1; ; looks++) {
      const replayed = await replica.read(askReplayed)
      // Not a replica at all, but another way to the primary.
      if (replayed === null) return true
      const newest = positions.findLastIndex((position) => position.lsn <= replayed)
      positions = positions.slice(Math.max(0, newest))
      const [known] = positions
      if (newest !== -1 && known !== undefined && clock.monotonic() - known.at <= maxLagMs) return true
      if (looks === mostLooks) return false
      // Nobody had measured for a while: what was written just now takes a moment to get there.
      await new Promise<void>((resolve) => clock.setTimer(lookEveryMs, resolve))
    }
  }

  const settle = (isUsable: boolean, reason: string): boolean => {
    judgedAt = clock.monotonic()
    if (isUsable !== isUsed) {
      if (isUsable) logger.info({}, 'The read replica is used again.')
      else logger.warn({ reason }, `The read replica ${reason}; the primary is read instead.`)
    }
    isUsed = isUsable
    return isUsable
  }

  const isUsable = (): Promise<boolean> | boolean => {
    // One that was found too far behind goes on being measured; one that failed gets a rest.
    if (clock.monotonic() - judgedAt < (isUsed || isOpen ? measureEveryMs : retryAfterMs)) return isUsed
    judging ??= judge()
      .then(
        (isNear) => settle(isNear, `is more than ${maxLagMs} ms behind`),
        () => fail(),
      )
      .finally(() => {
        judging = null
      })
    return judging
  }

  const fail = (): boolean => {
    isOpen = false
    return settle(false, 'is not reached')
  }

  return {
    read: async <T>(script: () => Script<T>): Promise<T> => {
      if (!(await isUsable())) return primary.read(script)
      try {
        return await replica.read(script)
      } catch (thrown) {
        if (!isReplicaFault(thrown)) throw thrown
        fail()
        return primary.read(script)
      }
    },
    close: replica.close,
  }
}

interface Position {
  readonly at: number
  readonly lsn: bigint
}

/** One a second: a replica that is further behind than they reach is so by more than any `maxLagMs` that makes sense. */
const mostPositions = 600

/** What the caller asked for is as wrong at the primary. */
const isReplicaFault = (thrown: unknown): boolean =>
  !(thrown instanceof Error && 'code' in thrown && thrown.code === 'INVALID_INPUT')

function* askWritten(): Script<bigint> {
  const [row] = yield { sql: 'select pg_current_wal_lsn()::text as lsn', values: [], reusable: true }
  return toLsn((row as { readonly lsn: string }).lsn)
}

/** null where it is no replica. */
function* askReplayed(): Script<bigint | null> {
  const [row] = yield {
    sql: `select case when pg_is_in_recovery() then coalesce(pg_last_wal_replay_lsn()::text, '0/0') end as lsn`,
    values: [],
    reusable: true,
  }
  const { lsn } = row as { readonly lsn: string | null }
  return lsn === null ? null : toLsn(lsn)
}

/** Two halves in hexadecimal. https://www.postgresql.org/docs/current/datatype-pg-lsn.html */
const toLsn = (text: string): bigint => {
  const [high = '0', low = '0'] = text.split('/')
  return BigInt(`0x${high}`) * 2n ** 32n + BigInt(`0x${low}`)
}
