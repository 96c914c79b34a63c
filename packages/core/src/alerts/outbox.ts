import { SightlineError } from '../errors.ts'
import { pause } from '../pause.ts'
import { backoffMs } from '../polling/backoff.ts'
import type { Clock } from '../ports/clock.ts'
import type { Stored } from '../ports/collections.ts'
import type { Logger } from '../ports/logger.ts'
import type { Alert, Delivery } from '../protocol/alerts.ts'
import type { Journal } from '../storage/journal.ts'
import { DELIVERIES } from './alert-records.ts'
import type { QueuedDelivery } from './channel-queue.ts'

export interface OutboxOptions {
  readonly journal: Pick<Journal, 'write'>
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  /** It is written: it may be sent. */
  onWritten(queued: QueuedDelivery): void
  /** It was written and settled before, by another process: its alerts are told. */
  onSettled(queued: QueuedDelivery): void
}

/** Writes deliveries down before the first attempt: each channel's in their order, none waiting for another channel's. */
export interface Outbox {
  /** Never waits. */
  write(made: { readonly team: string; readonly delivery: Delivery; readonly alerts: readonly Alert[] }): void
  /** What was not written by then is not sent: its alerts still wait. */
  stop(): void
}

export const createOutbox = ({ journal, clock, random, logger, onWritten, onSettled }: OutboxOptions): Outbox => {
  const stopping = new AbortController()
  const chains = new Map<string, Promise<void>>()

  /** What stands under the key: what was written now, or before; null while neither storage nor the spool takes it. */
  const store = async (queued: QueuedDelivery): Promise<Delivery | null> => {
    const { team, delivery } = queued
    const write = {
      store: DELIVERIES.name,
      id: delivery.id,
      team,
      expected: null,
      writeId: delivery.id,
      at: delivery.createdAt,
      value: delivery,
    }
    try {
      const outcome = await journal.write({ write, then: [] })
      if (outcome === 'spooled' || outcome.ok) return delivery
      // It was made before, here or elsewhere: what stands there is as good.
      const current = outcome.current as Stored<Delivery> | null
      return current === null ? delivery : DELIVERIES.parse(current.value)
    } catch (thrown) {
      logger.warn(
        { code: SightlineError.from(thrown).code, channel: delivery.channel },
        'A notification cannot be written down, and is not sent before it can.',
      )
      return null
    }
  }

  const keep = async (queued: QueuedDelivery): Promise<void> => {
    for (let attempt = 0; !stopping.signal.aborted; attempt++) {
      const stored = await store(queued)
      if (stopping.signal.aborted) return
      if (stored !== null) {
        const standing = { ...queued, delivery: stored }
        return stored.status === 'pending' ? onWritten(standing) : onSettled(standing)
      }
      await pause(backoffMs({ attempt, baseMs: 500, capMs: 30_000, random }), { clock, signals: [stopping.signal] })
    }
  }

  return {
    write: (queued) => {
      const { channel } = queued.delivery
      const before = chains.get(channel) ?? Promise.resolve()
      const next = before.then(() => keep(queued))
      chains.set(channel, next)
      void next.then(() => {
        if (chains.get(channel) === next) chains.delete(channel)
      })
    },
    stop: () => stopping.abort(),
  }
}
