import type { Sample } from '../domain/sample.ts'
import { attempt } from '../polling/attempt.ts'
import type { Clock } from '../ports/clock.ts'
import type { Observation, Probe } from '../ports/probe.ts'
import type { Tick } from '../ports/scheduler.ts'
import { toSample } from './to-sample.ts'

/** How a service is checked from a region. */
export interface CheckPlan {
  readonly team: string
  readonly service: string
  readonly region: string
  readonly timeoutMs: number
}

export interface CheckerOptions {
  readonly plan: CheckPlan
  readonly clock: Clock
  readonly random: () => number
  /** Makes the probe when it is first needed. Throws where the kind is not there or refuses its options. */
  open(): Probe
  /** A check failed: why it cannot be believed, or null. Never rejects. Default: it is believed. */
  doubt?(failure: { readonly isFirst: boolean }): Promise<string | null>
  /** What was observed. Never waits. */
  observe(sample: Sample): void
  /** The probe could not be made: the monitor's own trouble, which says nothing of the service. */
  onUnopened(error: unknown): void
}

/** Checks one service from one region: one check at a time, never waiting for what becomes of it. */
export interface Checker {
  readonly plan: CheckPlan
  /** Checks that were skipped since one was running. */
  readonly skipped: number
  /** Probes that did not settle after their abort. */
  readonly abandoned: number
  /** Never rejects. A tick that falls into a running check is skipped. */
  run(tick: Pick<Tick, 'signal' | 'confirm'>): Promise<void>
  /** Checks outside the rhythm, or shares a check that is running; null where it was broken off, or could not be made. */
  checkNow(): Promise<Sample | null>
  retime(timeoutMs: number): void
  /** Breaks off what runs; resolves when it has ended and the probe is closed. */
  close(): Promise<void>
}

export const createChecker = (options: CheckerOptions): Checker => {
  const { clock, random } = options
  const closing = new AbortController()
  let { plan } = options
  let probe: Probe | null = null
  let running: Promise<Sample | null> | null = null
  let failures = 0
  let skipped = 0
  let abandoned = 0

  const ask = async (opened: Probe, signals: readonly AbortSignal[]): Promise<Observation> => {
    const attempted = await attempt({
      probe: opened,
      region: plan.region,
      etag: undefined,
      timeoutMs: plan.timeoutMs,
      // What is down is not asked twice as often.
      retries: failures === 0 ? 1 : 0,
      signals,
      clock,
      random,
    })
    if (attempted.abandoned) abandoned++
    return attempted.observation
  }

  const check = async (signals: readonly AbortSignal[], isOurs: () => Promise<boolean>): Promise<Sample | null> => {
    try {
      probe ??= options.open()
    } catch (thrown) {
      options.onUnopened(thrown)
      return null
    }
    const observation = await ask(probe, signals)
    const at = clock.now()
    const isDown = observation.outcome === 'failed'
    const doubt = isDown ? ((await options.doubt?.({ isFirst: failures === 0 })) ?? null) : null
    // What was broken off, or belongs to another process by now, says nothing of the service.
    if (signals.some(({ aborted }) => aborted) || !(await isOurs())) return null
    failures = isDown ? failures + 1 : 0
    const { team, service, region } = plan
    const sample = { ...toSample({ team, service, region, at }, observation), ...(doubt === null ? {} : { doubt }) }
    options.observe(sample)
    return sample
  }

  const alone = (work: () => Promise<Sample | null>): Promise<Sample | null> => {
    running = work().finally(() => {
      running = null
    })
    return running
  }

  return {
    get plan() {
      return plan
    },
    get skipped() {
      return skipped
    },
    get abandoned() {
      return abandoned
    },
    run: async ({ signal, confirm }) => {
      if (closing.signal.aborted) return
      if (running !== null) {
        skipped++
        return
      }
      // Who cannot say whose it is lets it stand: two samples of one check harm less than none.
      await alone(() => check([signal, closing.signal], () => confirm().catch(() => true)))
    },
    checkNow: () => {
      if (closing.signal.aborted) return Promise.resolve(null)
      return running ?? alone(() => check([closing.signal], async () => true))
    },
    retime: (timeoutMs) => {
      plan = { ...plan, timeoutMs }
    },
    close: async () => {
      closing.abort()
      await running
      await probe?.close?.()
    },
  }
}
