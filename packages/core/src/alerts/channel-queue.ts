import { SightlineError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Notification, Notifier, NotifyResult } from '../ports/notifier.ts'
import type { Alert, Delivery } from '../protocol/alerts.ts'
import { withTimeout } from '../storage/with-timeout.ts'
import { toTextLine } from '../text-line.ts'
import { type AttemptResult, afterAttempt, type RetryLimits, toShownError } from './after-attempt.ts'
import { pickDelivery } from './pick-delivery.ts'

/** A delivery that is to be sent, with the alerts that it shows. */
export interface QueuedDelivery {
  readonly team: string
  readonly delivery: Delivery
  readonly alerts: readonly Alert[]
}

export interface ChannelQueueOptions {
  readonly channel: string
  readonly notifier: Notifier
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  /** Of one attempt. */
  readonly timeoutMs: number
  readonly limits: RetryLimits
  render(queued: QueuedDelivery): Notification
  /** After each attempt. */
  onAttempt(queued: QueuedDelivery): void
}

/** The deliveries of one channel, one attempt at a time. Another channel's trouble is none of its own. */
export interface ChannelQueue {
  has(team: string, id: string): boolean
  put(queued: QueuedDelivery): void
  /** Forgets what waits: another process sends it. */
  clear(): void
  /** An attempt that is under way is aborted; what became of it is unknown. */
  stop(): void
}

const MOST_RECEIPT = 200
/** What a wall clock is set back by less is slewed rather than set, in ms. */
const STEP_MS = 1_000

/** It was taken, whatever is answered: a receipt that is no text, or cannot be read, is none. */
const receiptOf = (answer: unknown): string | null => {
  try {
    const { receipt } = answer as { readonly receipt?: unknown }
    return (typeof receipt === 'string' || typeof receipt === 'number') && receipt !== ''
      ? toTextLine(String(receipt), MOST_RECEIPT)
      : null
  } catch {
    return null
  }
}

export const createChannelQueue = (options: ChannelQueueOptions): ChannelQueue => {
  const { channel, notifier, clock, random, logger, timeoutMs, limits, render, onAttempt } = options
  const pending = new Map<string, QueuedDelivery>()
  let current: AbortController | null = null
  let cancel = (): void => {}
  let failures = 0
  /** Wall clock: what is shown as the next attempt is this. */
  let pausedUntil = 0
  let lastPostAt = Number.NEGATIVE_INFINITY
  /** Between the wall clock and the one that never steps, in ms. */
  let offsetMs = clock.now() - clock.monotonic()
  let isStopped = false

  const keyOf = (team: string, id: string): string => JSON.stringify([team, id])

  const ask = async (queued: QueuedDelivery, signal: AbortSignal): Promise<NotifyResult> => {
    try {
      return await notifier.send(render(queued), { signal, idempotencyKey: queued.delivery.id })
    } catch (thrown) {
      throw toShownError(channel, thrown)
    }
  }

  const attempt = async (queued: QueuedDelivery, giveUp: AbortController): Promise<AttemptResult> => {
    try {
      const answer = await withTimeout(
        { clock, timeoutMs, what: `The channel ${channel} did not take it`, until: giveUp.signal },
        () => ask(queued, giveUp.signal),
      )
      return { ok: true, receipt: receiptOf(answer) }
    } catch (thrown) {
      return { ok: false, error: toShownError(channel, thrown) }
    }
  }

  /** Where the wall clock is set back a pause stays as long as it was, and what was there before stays before what comes. */
  const followClock = (): void => {
    const stepMs = clock.now() - clock.monotonic() - offsetMs
    offsetMs += stepMs
    if (stepMs > -STEP_MS) return
    pausedUntil += stepMs
    for (const [key, queued] of pending) {
      const { createdAt, nextAttemptAt } = queued.delivery
      const times = { createdAt: createdAt + stepMs, nextAttemptAt: nextAttemptAt === null ? null : nextAttemptAt + stepMs }
      pending.set(key, { ...queued, delivery: { ...queued.delivery, ...times } })
    }
  }

  const send = async (queued: QueuedDelivery): Promise<void> => {
    const giveUp = new AbortController()
    current = giveUp
    lastPostAt = clock.monotonic()
    const result = await attempt(queued, giveUp)
    giveUp.abort(new SightlineError('ABORTED', 'Nobody waits for this attempt any more.'))
    if (current !== giveUp) return
    current = null
    failures = result.ok ? 0 : failures + 1
    followClock()
    const key = keyOf(queued.team, queued.delivery.id)
    const { delivery } = pending.get(key) ?? queued
    const after = afterAttempt(delivery, result, { now: clock.now(), failures, random, limits })
    pausedUntil = after.pausedUntil ?? 0
    const next = { ...queued, delivery: after.delivery }
    if (after.delivery.status === 'pending') pending.set(key, next)
    else pending.delete(key)
    if (!result.ok) {
      const fields = { channel, delivery: queued.delivery.id, code: result.error.code, attempts: after.delivery.attempts }
      if (after.delivery.status === 'dead') logger.error(fields, `A notification could not be sent: ${result.error.message}`)
      else logger.warn(fields, `A notification will be sent again: ${result.error.message}`)
    }
    onAttempt(next)
    look()
  }

  const look = (): void => {
    cancel()
    if (isStopped || current !== null || pending.size === 0) return
    followClock()
    const now = clock.now()
    const paceMs = Math.max(0, lastPostAt + (notifier.paceMs ?? 0) - clock.monotonic())
    const { next, askAt } = pickDelivery([...pending.values()], {
      now,
      freeAt: Math.max(pausedUntil, now + paceMs),
      blockingMs: limits.blockingMs,
    })
    if (next !== null) void send(next)
    // Asked again now and then: the wall clock may be set back.
    else if (askAt !== null) cancel = clock.setTimer(Math.min(60_000, Math.max(1, askAt - now)), look)
  }

  const clear = (): void => {
    cancel()
    pending.clear()
    const abandoned = current
    current = null
    abandoned?.abort(new SightlineError('ABORTED', 'Nobody waits for this attempt any more.'))
    failures = 0
    pausedUntil = 0
  }

  return {
    has: (team, id) => pending.has(keyOf(team, id)),
    put: (queued) => {
      const key = keyOf(queued.team, queued.delivery.id)
      if (isStopped || pending.has(key)) return
      followClock()
      pending.set(key, queued)
      look()
    },
    clear,
    stop: () => {
      isStopped = true
      clear()
    },
  }
}
