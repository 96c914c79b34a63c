import { SightlineError } from '../errors.ts'
import { backoffMs } from '../polling/backoff.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { StorageDriver, StoragePlan } from '../ports/storage.ts'
import { withTimeout } from './with-timeout.ts'

export interface StorageLinkOptions {
  readonly driver: StorageDriver
  readonly plan: StoragePlan
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  /** For one call. */
  readonly timeoutMs: number
  /** A harmless write: storage that answers but takes nothing (a full disk) is not back. */
  prove(driver: StorageDriver): Promise<unknown>
  onUp(): void
  onAway(error: SightlineError): void
}

/** Core's way to storage: every call is bounded in time, every failure is typed, and who asks knows whether storage is there. */
export interface StorageLink {
  readonly state: 'connecting' | 'up' | 'away'
  /** Why it is away. */
  readonly error: SightlineError | null
  /**
   * Resolves when the first attempt to connect is over, whatever came of it; rejects only with `INCOMPATIBLE`. Where a later attempt meets
   * a store it cannot read, storage stays away, and is tried again.
   */
  open(): Promise<void>
  /** Runs one call against the driver; rejects at once with `UNAVAILABLE` while storage is away, and after `close`. */
  run<T>(call: (driver: StorageDriver) => Promise<T>): Promise<T>
  /** A real round trip, also while away. Resolves with its latency in ms. */
  ping(): Promise<number>
  /** What is under way is not waited for: its outcome is unknown. */
  close(): Promise<void>
}

/** Storage that has been there this long was in order: its next loss is a new one. */
const LASTING_MS = 10_000

const outcomeUnknown = (error: SightlineError): boolean => error.code === 'UNAVAILABLE' || error.code === 'TIMEOUT'

/** Connects, and after a loss tries again with growing pauses (100 ms to 2 s) until storage answers. */
export const createStorageLink = ({
  driver,
  plan,
  clock,
  random,
  logger,
  timeoutMs,
  prove,
  onUp,
  onAway,
}: StorageLinkOptions): StorageLink => {
  let state: StorageLink['state'] = 'connecting'
  let error: SightlineError | null = null
  let connected = false
  let attempts = 0
  let upSince = Number.NEGATIVE_INFINITY
  let losses = 0
  /** The count of losses at which it was last asked whether storage answers at all; null when nobody is asking. */
  let doubtedAt: number | null = null
  let cancelRetry = (): void => {}
  const closing = new AbortController()

  const bounded = <T>(what: string, call: () => Promise<T>): Promise<T> =>
    withTimeout({ clock, timeoutMs, what: `Storage (${driver.name}) did not ${what}`, until: closing.signal }, call)

  const notConnected = (): SightlineError =>
    error ?? new SightlineError('UNAVAILABLE', `Storage (${driver.name}) is not connected yet.`)

  const lost = (reason: SightlineError): void => {
    if (closing.signal.aborted) return
    error = reason
    if (state !== 'away') {
      state = 'away'
      if (clock.monotonic() - upSince >= LASTING_MS) attempts = 0
      losses++
      logger.warn({ code: reason.code, storage: driver.name }, `Storage is away: ${reason.message}`)
      onAway(reason)
    }
    cancelRetry()
    cancelRetry = clock.setTimer(backoffMs({ attempt: attempts++, baseMs: 100, capMs: 2_000, random }), () => void retry())
  }

  const connect = async (): Promise<void> => {
    await driver.connect(plan)
    // What it opened after it was told to close is closed once more.
    if (closing.signal.aborted) await driver.close()
  }

  const answer = async (): Promise<void> => {
    await bounded('answer', () => driver.ping())
    await bounded('take a write', () => prove(driver))
  }

  const attempt = async (): Promise<void> => {
    try {
      await (connected ? answer() : bounded('connect', connect))
      connected = true
    } catch (thrown) {
      const reason = SightlineError.from(thrown)
      if (reason.code === 'INCOMPATIBLE') throw reason
      lost(
        outcomeUnknown(reason)
          ? reason
          : new SightlineError('UNAVAILABLE', `Storage (${driver.name}) failed.`, { cause: thrown }),
      )
      return
    }
    if (closing.signal.aborted || state === 'up') return
    const first = state === 'connecting'
    state = 'up'
    upSince = clock.monotonic()
    error = null
    if (!first) logger.info({ storage: driver.name }, 'Storage is back.')
    onUp()
  }

  const retry = (): Promise<void> =>
    attempt().catch((thrown) => {
      const reason = SightlineError.from(thrown)
      logger.error({ code: reason.code, storage: driver.name }, `Storage cannot be used: ${reason.message}`)
      lost(reason)
    })

  /** A single slow call is no outage: storage is away only once it does not answer a ping either. */
  const doubt = (reason: SightlineError): void => {
    if (state !== 'up') return
    if (reason.code === 'UNAVAILABLE') {
      lost(reason)
      return
    }
    if (doubtedAt === losses) return
    const asked = losses
    doubtedAt = asked
    answer().then(
      () => {
        if (doubtedAt === asked) doubtedAt = null
      },
      (thrown) => {
        if (doubtedAt === asked) doubtedAt = null
        // An answer that is missing since before an outage says nothing of the time after it.
        if (asked === losses) lost(SightlineError.from(thrown))
      },
    )
  }

  return {
    get state() {
      return state
    },
    get error() {
      return error
    },
    open: attempt,
    run: async (call) => {
      if (state !== 'up') throw notConnected()
      try {
        return await bounded('answer in time', () => call(driver))
      } catch (thrown) {
        const reason = SightlineError.from(thrown)
        if (outcomeUnknown(reason)) doubt(reason)
        throw reason
      }
    },
    ping: async () => {
      const startedAt = clock.monotonic()
      if (!connected) throw notConnected()
      await bounded('answer', () => driver.ping())
      return clock.monotonic() - startedAt
    },
    close: async () => {
      if (closing.signal.aborted) return
      cancelRetry()
      state = 'away'
      error = new SightlineError('UNAVAILABLE', 'Sightline is stopping.')
      closing.abort(error)
      await withTimeout({ clock, timeoutMs, what: `Storage (${driver.name}) did not close` }, () => driver.close()).catch(
        (thrown) => {
          logger.warn({ code: SightlineError.from(thrown).code }, 'Storage did not close cleanly.')
        },
      )
    },
  }
}
