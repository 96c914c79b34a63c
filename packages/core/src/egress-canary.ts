import { attempt } from './polling/attempt.ts'
import type { Clock } from './ports/clock.ts'
import type { Logger } from './ports/logger.ts'
import type { Probe } from './ports/probe.ts'

export interface EgressCanaryOptions {
  /** Outside, and of different operators. Any answer counts. */
  readonly probes: readonly Probe[]
  readonly intervalMs: number
  /** Of one round. */
  readonly timeoutMs: number
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
}

/** Tells a network that this process has lost from targets that are down: it asks addresses outside that do not fail together. */
export interface EgressCanary {
  /** Does nothing outside answer, and do checks fail too? false before the first answer: who never answered is no witness. */
  readonly isFailing: boolean
  /** Did no address answer the last time they were asked? */
  readonly isSilent: boolean
  /** A check failed: why it cannot be believed, or null. Asks anew where that may tell; answers within the timeout, and never rejects. */
  doubt(failure: { readonly isFirst: boolean }): Promise<string | null>
  /** A check was made here. */
  saw(isGood: boolean): void
  start(): void
  stop(): Promise<void>
}

/** An answer that young is believed: many checks fail in one moment. In ms. */
const FRESH_MS = 250

export const createEgressCanary = ({
  probes,
  intervalMs,
  timeoutMs,
  clock,
  random,
  logger,
}: EgressCanaryOptions): EgressCanary => {
  const stopping = new AbortController()
  let hasAnswered = false
  let isSilent = false
  let endedAt = Number.NEGATIVE_INFINITY
  /** Checks made here since the last answer. */
  let seen = { good: 0, failed: 0 }
  let running: { readonly result: Promise<void>; readonly settled: Promise<void> } | null = null
  let cancel = (): void => {}

  const answered = (isReached: boolean): void => {
    endedAt = clock.monotonic()
    if (isReached) seen = { good: 0, failed: 0 }
    if (isReached && isSilent && hasAnswered) logger.info({}, 'Addresses outside answer again.')
    if (!isReached && !isSilent) {
      const consequence = hasAnswered
        ? 'checks that fail meanwhile are inconclusive'
        : 'until one has answered once, nothing is concluded from that'
      logger.warn({ addresses: probes.length }, `No canary address answers: ${consequence}.`)
    }
    hasAnswered ||= isReached
    isSilent = !isReached
  }

  const begin = () => {
    const enough = new AbortController()
    const asked = probes.map(async (probe) => {
      const signals = [stopping.signal, enough.signal]
      const { observation } = await attempt({
        ...{ probe, region: 'canary', etag: undefined, timeoutMs, retries: 0, signals, clock, random },
      })
      if (observation.outcome === 'failed') throw observation.error
    })
    const result = Promise.any(asked).then(
      () => true,
      () => false,
    )
    const round = {
      result: result.then((isReached) => {
        enough.abort()
        if (!stopping.signal.aborted) answered(isReached)
      }),
      // A probe is not asked again before it has let go.
      settled: Promise.allSettled(asked).then(() => {
        running = null
      }),
    }
    running = round
    return round
  }

  const ask = async (): Promise<void> => {
    if (stopping.signal.aborted) return
    await (running ?? begin()).result
  }

  const round = (): void => {
    void ask().then(() => {
      if (!stopping.signal.aborted) cancel = clock.setTimer(intervalMs, round)
    })
  }

  const isLost = (): boolean => hasAnswered && isSilent

  return {
    get isFailing() {
      return isLost() && (seen.failed > 0 || seen.good === 0)
    },
    get isSilent() {
      return isSilent
    },
    doubt: async ({ isFirst }) => {
      // What was down before is not asked about each time.
      if ((isFirst || isSilent) && clock.monotonic() - endedAt > FRESH_MS) await ask()
      return isLost() ? 'The monitor reaches nothing outside.' : null
    },
    saw: (isGood) => {
      if (isGood) seen.good++
      else seen.failed++
    },
    start: round,
    stop: async () => {
      stopping.abort()
      cancel()
      await running?.settled
      await Promise.allSettled(probes.map(async (probe) => probe.close?.()))
    },
  }
}
