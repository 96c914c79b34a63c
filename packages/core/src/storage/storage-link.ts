import { SightlineError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { StorageDriver, StoragePlan } from '../ports/storage.ts'
import { backoffMs } from '../polling/backoff.ts'
import { withTimeout } from './with-timeout.ts'

export interface StorageLinkOptions {
  readonly driver: StorageDriver
  readonly plan: StoragePlan
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  /** For one call. */
  readonly timeoutMs: number
  onUp(): void
  onAway(error: SightlineError): void
}

/** Core's way to storage: every call is bounded in time, every failure is typed, and who asks knows whether storage is there. */
export interface StorageLink {
  readonly state: 'connecting' | 'up' | 'away'
  /** Why it is away. */
  readonly error: SightlineError | null
  /** Resolves when the first attempt to connect is over, whatever came of it; rejects only with `INCOMPATIBLE`. */
  open(): Promise<void>
  /** Runs one call against the driver; rejects at once with `UNAVAILABLE` while storage is away. */
  run<T>(call: (driver: StorageDriver) => Promise<T>): Promise<T>
  /** A real round trip, also while away. Resolves with its latency in ms. */
  ping(): Promise<number>
  close(): Promise<void>
}

const outcomeUnknown = (error: SightlineError): boolean => error.code === 'UNAVAILABLE' || error.code === 'TIMEOUT'

/** Connects, and after a loss tries again with growing pauses (100 ms to 2 s) until storage answers. */
export const createStorageLink = ({ driver, plan, clock, random, logger, timeoutMs, onUp, onAway }: StorageLinkOptions): StorageLink => {
  let state: StorageLink['state'] = 'connecting'
  let error: SightlineError | null = null
  let connected = false
  let closed = false
  let attempts = 0
  let cancelRetry = (): void => {}

  const bounded = <T>(what: string, call: () => Promise<T>): Promise<T> =>
    withTimeout({ clock, timeoutMs, what: `Storage (${driver.name}) did not ${what}` }, call)

  const lost = (reason: SightlineError): void => {
    error = reason
    if (closed) return
    if (state !== 'away') {
      state = 'away'
      attempts = 0
      logger.warn({ code: reason.code, storage: driver.name }, `Storage is away: ${reason.message}`)
      onAway(reason)
    }
    cancelRetry()
    cancelRetry = clock.setTimer(backoffMs({ attempt: attempts++, baseMs: 100, capMs: 2_000, random }), () => void attempt())
  }

  const attempt = async (): Promise<void> => {
    try {
      if (connected) await bounded('answer', () => driver.ping())
      else {
        await bounded('connect', () => driver.connect(plan))
        connected = true
      }
    } catch (thrown) {
      const reason = SightlineError.from(thrown)
      if (reason.code === 'INCOMPATIBLE') throw reason
      lost(outcomeUnknown(reason) ? reason : new SightlineError('UNAVAILABLE', `Storage (${driver.name}) failed.`, { cause: thrown }))
      return
    }
    if (closed || state === 'up') return
    const first = state === 'connecting'
    state = 'up'
    error = null
    if (!first) logger.info({ storage: driver.name }, 'Storage is back.')
    onUp()
  }

  const retryLater = (reason: SightlineError): void => {
    // A single slow call is no outage: storage is away only once it does not answer a ping either.
    if (state !== 'up') return
    if (reason.code === 'UNAVAILABLE') lost(reason)
    else void bounded('answer', () => driver.ping()).catch((thrown) => lost(SightlineError.from(thrown)))
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
      if (state !== 'up') throw error ?? new SightlineError('UNAVAILABLE', `Storage (${driver.name}) is not connected yet.`)
      try {
        return await bounded('answer in time', () => call(driver))
      } catch (thrown) {
        const reason = SightlineError.from(thrown)
        if (outcomeUnknown(reason)) retryLater(reason)
        throw reason
      }
    },
    ping: async () => {
      const startedAt = clock.monotonic()
      if (!connected) throw error ?? new SightlineError('UNAVAILABLE', `Storage (${driver.name}) is not connected yet.`)
      await bounded('answer', () => driver.ping())
      return clock.monotonic() - startedAt
    },
    close: async () => {
      if (closed) return
      closed = true
      cancelRetry()
      await withTimeout({ clock, timeoutMs, what: `Storage (${driver.name}) did not close` }, () => driver.close()).catch((thrown) => {
        logger.warn({ code: SightlineError.from(thrown).code }, 'Storage did not close cleanly.')
      })
    },
  }
}
