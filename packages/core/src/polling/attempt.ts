import { SightlineError } from '../errors.ts'
import { pause } from '../pause.ts'
import type { Clock } from '../ports/clock.ts'
import type { Observation, Probe } from '../ports/probe.ts'
import { backoffMs } from './backoff.ts'
import { toProbeError } from './probe-error.ts'

export interface AttemptOptions {
  readonly probe: Probe
  readonly region: string
  readonly etag: string | undefined
  /** For all tries together. */
  readonly timeoutMs: number
  /** Tries after the first. */
  readonly retries: number
  /** Any of them aborts everything: the process stops, the target is gone, the caller gave up. */
  readonly signals: readonly AbortSignal[]
  readonly clock: Clock
  readonly random: () => number
}

/** What came of asking: an observation, and whether the probe had to be left behind unsettled. */
export interface Attempted {
  readonly observation: Observation
  readonly abandoned: boolean
}

/** Share of the timeout that a probe is given to settle after its abort, before it is abandoned. */
const GRACE_SHARE = 0.05
/** At most this long, in ms: who stops waits for it. */
const LONGEST_GRACE_MS = 1_000
const RETRY_BASE_MS = 50
const RETRY_CAP_MS = 1_000

const failure = (error: SightlineError, latencyMs: number): Observation => ({ outcome: 'failed', error, latencyMs, values: {} })

/** Asks a probe, again after a pause when it failed, all within one timeout. Never rejects, never hangs. */
export const attempt = async (options: AttemptOptions): Promise<Attempted> => {
  const { clock, timeoutMs, retries, random } = options
  const endsAt = clock.monotonic() + timeoutMs
  for (let tried = 0; ; tried++) {
    const attempted = await attemptOnce(options, endsAt - clock.monotonic())
    const { observation } = attempted
    if (!mayPass(observation) || tried >= retries || isAborted(options.signals)) return attempted
    const pauseMs = backoffMs({ attempt: tried, baseMs: RETRY_BASE_MS, capMs: RETRY_CAP_MS, random })
    if (clock.monotonic() + pauseMs >= endsAt) return attempted
    await pause(pauseMs, { clock, signals: options.signals })
  }
}

const attemptOnce = ({ probe, region, etag, timeoutMs, signals, clock }: AttemptOptions, leftMs: number): Promise<Attempted> =>
  new Promise((resolve) => {
    const controller = new AbortController()
    const startedAt = clock.monotonic()
    let cancelTimer = (): void => {}
    let settled = false

    const settle = (observation: Observation, abandoned: boolean): void => {
      if (settled) return
      settled = true
      cancelTimer()
      for (const signal of signals) signal.removeEventListener('abort', stop)
      resolve({ observation, abandoned })
    }
    const giveUp = (error: SightlineError): void => {
      cancelTimer()
      controller.abort(error)
      cancelTimer = clock.setTimer(Math.min(timeoutMs * GRACE_SHARE, LONGEST_GRACE_MS), () =>
        settle(failure(error, clock.monotonic() - startedAt), true),
      )
    }
    const stop = (): void => giveUp(new SightlineError('ABORTED', 'Polling stopped.'))

    if (isAborted(signals)) return settle(failure(new SightlineError('ABORTED', 'Polling stopped.'), 0), false)
    for (const signal of signals) signal.addEventListener('abort', stop, { once: true })
    cancelTimer = clock.setTimer(leftMs, () => giveUp(new SightlineError('TIMEOUT', `No answer within ${timeoutMs} ms.`)))
    collect(probe, { region, signal: controller.signal, ...(etag === undefined ? {} : { etag }) }).then(
      (observation) => settle(observation, false),
      (thrown) => {
        const reason: unknown = controller.signal.aborted ? controller.signal.reason : thrown
        settle(failure(toProbeError(reason), clock.monotonic() - startedAt), false)
      },
    )
  })

/** Is a failure one that may be gone a moment later? A document that is too large is as large then. */
const mayPass = (observation: Observation): boolean =>
  observation.outcome === 'failed' &&
  observation.retryAfterMs === undefined &&
  ['UNAVAILABLE', 'TIMEOUT'].includes(toProbeError(observation.error).code)

const isAborted = (signals: readonly AbortSignal[]): boolean => signals.some((signal) => signal.aborted)

/** A probe that throws before its first `await` is one that rejects. */
const collect = async (probe: Probe, context: Parameters<Probe['collect']>[0]): Promise<Observation> => probe.collect(context)
