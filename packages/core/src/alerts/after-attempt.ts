import { type ErrorCode, SightlineError } from '../errors.ts'
import type { Delivery } from '../protocol/alerts.ts'

/** How deliveries are tried again. Times in ms. */
export interface RetryLimits {
  /** Of the first pause, at most. Default 1,000. */
  readonly baseMs: number
  /** Of any pause but one that the other side asks for. Default 300,000. */
  readonly capMs: number
  /** Default 12. */
  readonly maxRefusals: number
  /** A delivery that was tried twelve times within so long no longer keeps others of its channel waiting. Default 1,800,000 (30 min). */
  readonly blockingMs: number
  /** Default 86,400,000 (24 h). */
  readonly giveUpAfterMs: number
}

export const RETRY_LIMITS: RetryLimits = {
  baseMs: 1_000,
  capMs: 300_000,
  maxRefusals: 12,
  blockingMs: 1_800_000,
  giveUpAfterMs: 86_400_000,
}

/** The longest pause the other side may ask for. */
const LONGEST_ASKED_MS = 3_600_000

const TROUBLE: readonly ErrorCode[] = ['UNAVAILABLE', 'TIMEOUT', 'TOO_MANY_REQUESTS', 'ABORTED']
const HOPELESS: readonly ErrorCode[] = ['INVALID_INPUT', 'TOO_LARGE']

export type AttemptResult =
  | { readonly ok: true; readonly receipt: string | null }
  | { readonly ok: false; readonly error: SightlineError }

/** What became of a delivery, and until when its channel is left alone (null: it is in order). */
export interface AfterAttempt {
  readonly delivery: Delivery
  readonly pausedUntil: number | null
}

/**
 * Decides after one attempt. Trouble of the place pauses the whole channel; a refusal pauses this delivery alone; what cannot be taken is dead at
 * once. Pauses grow exponentially with full jitter. `failures` counts the channel's failures one after another, this one included.
 * Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export const afterAttempt = (
  delivery: Delivery,
  result: AttemptResult,
  {
    now,
    failures,
    random,
    limits,
  }: {
    readonly now: number
    readonly failures: number
    readonly random: () => number
    readonly limits: RetryLimits
  },
): AfterAttempt => {
  const attempts = delivery.attempts + 1
  if (result.ok) {
    return {
      delivery: {
        ...delivery,
        status: 'sent',
        attempts,
        nextAttemptAt: null,
        sentAt: now,
        receipt: result.receipt,
        lastError: null,
      },
      pausedUntil: null,
    }
  }
  const { error } = result
  const isTrouble = TROUBLE.includes(error.code)
  const refusals = delivery.refusals + (isTrouble ? 0 : 1)
  const tried = { ...delivery, attempts, refusals, lastError: error.message.slice(0, 500) }
  const asked = askedMs(error)
  const isDead =
    HOPELESS.includes(error.code) || refusals >= limits.maxRefusals || now - delivery.startedAt >= limits.giveUpAfterMs
  const pause = fullJitterMs(isTrouble ? failures - 1 : refusals - 1, { ...limits, random })
  const at = now + (asked === null ? pause : Math.max(asked, Math.min(pause, limits.baseMs)))
  return {
    delivery: isDead ? { ...tried, status: 'dead', nextAttemptAt: null } : { ...tried, nextAttemptAt: at },
    pausedUntil: isTrouble ? at : null,
  }
}

/** What is no number (a `Retry-After` that is a date, read as one) asks for nothing. */
const askedMs = ({ retryAfterMs }: SightlineError): number | null =>
  typeof retryAfterMs !== 'number' || Number.isNaN(retryAfterMs) ? null : Math.min(LONGEST_ASKED_MS, Math.max(0, retryAfterMs))

const fullJitterMs = (
  attempt: number,
  { baseMs, capMs, random }: { readonly baseMs: number; readonly capMs: number; readonly random: () => number },
): number => Math.round(random() * Math.min(capMs, baseMs * 2 ** Math.min(Math.max(0, attempt), 30)))

/** What is shown of a failure: a foreign error's own message might name secrets. */
export const toShownError = (channel: string, thrown: unknown): SightlineError => {
  if (thrown instanceof Error && thrown.name === 'SightlineError') return SightlineError.from(thrown)
  return new SightlineError('UNAVAILABLE', `The notifier of the channel ${channel} failed.`, { cause: thrown })
}
