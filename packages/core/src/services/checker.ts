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

/** What all checkers of a process share. */
export interface CheckerContext {
  readonly clock: Clock
  readonly random: () => number
  /** A check failed: why it cannot be believed, or null. Never rejects. Default: it is believed. */
  doubt?(failure: { readonly isFirst: boolean }): Promise<string | null>
  /** What was observed. Never waits. */
  observe(sample: Sample): void
  /** The probe could not be made: the monitor's own trouble, which says nothing of the service. */
  onUnopened(plan: CheckPlan, error: unknown): void
}

export interface CheckerOptions {
  readonly plan: CheckPlan
  readonly context: CheckerContext
  /** Makes the probe when it is first needed. Throws where the kind is not there or refuses its options. */
  open(): Probe
}

/**
 * Checks one service from one region: one check at a time, never waiting for what becomes of it. A class: there may be thousands, and its
 * methods are there once.
 */
export class Checker {
  readonly #context: CheckerContext
  readonly #open: () => Probe
  readonly #closing = new AbortController()
  #plan: CheckPlan
  #probe: Probe | null = null
  #running: Promise<Sample | null> | null = null
  #failures = 0
  #skipped = 0
  #abandoned = 0

  constructor({ plan, context, open }: CheckerOptions) {
    this.#plan = plan
    this.#context = context
    this.#open = open
  }

  get plan(): CheckPlan {
    return this.#plan
  }

  /** Checks that were skipped since one was running. */
  get skipped(): number {
    return this.#skipped
  }

  /** Probes that did not settle after their abort. */
  get abandoned(): number {
    return this.#abandoned
  }

  /** Never rejects. A tick that falls into a running check is skipped. */
  async run({ signal, confirm }: Pick<Tick, 'signal' | 'confirm'>): Promise<void> {
    if (this.#closing.signal.aborted) return
    if (this.#running !== null) {
      this.#skipped++
      return
    }
    // Who cannot say whose it is lets it stand: two samples of one check harm less than none.
    await this.#alone([signal, this.#closing.signal], () => confirm().catch(() => true))
  }

  /** Checks outside the rhythm, or shares a check that is running; null where it was broken off, or could not be made. */
  checkNow(): Promise<Sample | null> {
    if (this.#closing.signal.aborted) return Promise.resolve(null)
    return this.#running ?? this.#alone([this.#closing.signal], async () => true)
  }

  retime(timeoutMs: number): void {
    this.#plan = { ...this.#plan, timeoutMs }
  }

  /** Breaks off what runs; resolves when it has ended and the probe is closed. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
    await this.#probe?.close?.()
  }

  #alone(signals: readonly AbortSignal[], isOurs: () => Promise<boolean>): Promise<Sample | null> {
    this.#running = this.#check(signals, isOurs).finally(() => {
      this.#running = null
    })
    return this.#running
  }

  async #check(signals: readonly AbortSignal[], isOurs: () => Promise<boolean>): Promise<Sample | null> {
    const { clock, doubt, observe, onUnopened } = this.#context
    try {
      this.#probe ??= this.#open()
    } catch (thrown) {
      onUnopened(this.#plan, thrown)
      return null
    }
    const observation = await this.#ask(this.#probe, signals)
    const at = clock.now()
    const isDown = observation.outcome === 'failed'
    const why = isDown ? ((await doubt?.({ isFirst: this.#failures === 0 })) ?? null) : null
    // What was broken off, or belongs to another process by now, says nothing of the service.
    if (signals.some(({ aborted }) => aborted) || !(await isOurs())) return null
    this.#failures = isDown ? this.#failures + 1 : 0
    const { team, service, region } = this.#plan
    const sample = toSample({ team, service, region, at }, observation)
    const told = why === null ? sample : { ...sample, doubt: why }
    observe(told)
    return told
  }

  async #ask(probe: Probe, signals: readonly AbortSignal[]): Promise<Observation> {
    const { clock, random } = this.#context
    const attempted = await attempt({
      probe,
      region: this.#plan.region,
      etag: undefined,
      timeoutMs: this.#plan.timeoutMs,
      // What is down is not asked twice as often.
      retries: this.#failures === 0 ? 1 : 0,
      signals,
      clock,
      random,
    })
    if (attempted.abandoned) this.#abandoned++
    return attempted.observation
  }
}
