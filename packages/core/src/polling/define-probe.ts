import { SightlineError } from '../errors.ts'
import { type Clock, systemClock } from '../ports/clock.ts'
import type { Observation, Probe, ProbeContext } from '../ports/probe.ts'
import { findValueFault } from './value-fault.ts'

/** A probe's numbers by name, with the unit in the name where there is one (`oldestJobMs`). */
export type ProbeMetrics = Readonly<Record<string, number>>

/** `down` reads as a failed check; the other two bring a document, `degraded` one of something that works badly. */
export type ProbeStatus = 'up' | 'degraded' | 'down'

/** What a function of one's own found. */
export interface ProbeResult<Metrics extends ProbeMetrics = ProbeMetrics, Value = unknown> {
  readonly status: ProbeStatus
  /** Finite numbers, kept as a point in time. Default none. */
  readonly metrics?: Metrics
  /** The document that is watched for changes: any JSON value. Default `{ status, metrics }`. */
  readonly value?: Value
  /** Why the status is `down` or `degraded`; it is shown. */
  readonly reason?: string
}

/** A probe, as its author writes it. */
export interface ProbeDefinition<Metrics extends ProbeMetrics, Value> {
  /** Appears in messages: `queue-depth`. */
  readonly name: string
  /**
   * One check; it may throw. Pass `signal` on to whatever can be cancelled: it aborts at the target's timeout, and soon after nobody
   * waits any more.
   */
  collect(context: ProbeContext): ProbeResult<Metrics, Value> | Promise<ProbeResult<Metrics, Value>>
  /** Lets go of what the probe opened. */
  close?(): void | Promise<void>
}

/** A probe whose numbers and document are known by type, so that rules can be written against them. */
export interface DefinedProbe<Metrics extends ProbeMetrics = ProbeMetrics, Value = unknown> extends Probe {
  readonly name: string
  /** For inference alone; it is never there. */
  readonly '~probe'?: { readonly metrics: Metrics; readonly value: Value }
}

/**
 * Makes a probe of a function. What the function throws, and what it returns that is no result (numbers that are none, a document
 * that JSON cannot carry), becomes a failed observation whose message names the probe and the place. One that never settles
 * is the engine's to abort and to count.
 *
 * @example
 * const queueDepth = (queue: Queue) => defineProbe({
 *   name: 'queue-depth',
 *   collect: async () => ({ status: 'up', metrics: { depth: await queue.getWaitingCount() } }),
 * })
 */
export const defineProbe = <Metrics extends ProbeMetrics = Record<never, never>, Value = unknown>(
  definition: ProbeDefinition<Metrics, Value>,
  { clock = systemClock() }: { readonly clock?: Clock } = {},
): DefinedProbe<Metrics, Value> => ({
  name: definition.name,
  collect: async (context) => {
    const startedAt = clock.monotonic()
    const outcome = await check(definition, context)
    return { latencyMs: clock.monotonic() - startedAt, ...outcome }
  },
  close: async () => {
    await definition.close?.()
  },
})

type Outcome<O = Observation> = O extends unknown ? Omit<O, 'latencyMs'> : never

const check = async (definition: ProbeDefinition<ProbeMetrics, unknown>, context: ProbeContext): Promise<Outcome> => {
  try {
    return toOutcome(definition.name, await definition.collect(context))
  } catch (thrown) {
    return failed(toError(definition.name, thrown, context.signal))
  }
}

const toOutcome = (name: string, result: ProbeResult): Outcome => {
  const fault = findResultFault(result)
  if (fault !== null) return failed(new SightlineError('BAD_DOCUMENT', `The probe ${name} returned no usable result: ${fault}.`))
  const { status, metrics = {}, value = { status, metrics }, reason } = result
  if (status === 'up') return { outcome: 'value', value, values: metrics }
  if (status === 'degraded') {
    return { outcome: 'value', value, values: metrics, degraded: true, ...(reason === undefined ? {} : { reason }) }
  }
  const why = reason === undefined ? '.' : `: ${reason}`
  return failed(new SightlineError('UNAVAILABLE', `The probe ${name} reports down${why}`), metrics)
}

/** A result may come from JavaScript, where nothing has checked it. */
const findResultFault = (result: unknown): string | null => {
  if (typeof result !== 'object' || result === null) return 'it is no object'
  const { status, metrics = {}, value = null, reason = '' } = result as { readonly [K in keyof ProbeResult]: unknown }
  if (status !== 'up' && status !== 'degraded' && status !== 'down') return 'status is none of up, degraded, down'
  if (typeof reason !== 'string') return 'reason is no string'
  if (typeof metrics !== 'object' || metrics === null || Array.isArray(metrics)) return 'metrics is no object'
  for (const [name, number] of Object.entries(metrics)) {
    if (typeof number !== 'number') return `metrics.${name} is no number`
    if (!Number.isFinite(number)) return `metrics.${name} is ${number}`
  }
  return findValueFault(value, 'value')
}

/** Giving up at the timeout reads as that, whatever the function made of its signal. */
const toError = (name: string, thrown: unknown, signal: AbortSignal): SightlineError => {
  if (signal.aborted && signal.reason instanceof SightlineError) return signal.reason
  if (thrown instanceof SightlineError) return thrown
  const why = thrown instanceof Error && thrown.message !== '' ? `: ${thrown.message}` : '.'
  return new SightlineError('UNAVAILABLE', `The probe ${name} failed${why}`, { cause: thrown })
}

const failed = (error: SightlineError, values: ProbeMetrics = {}): Outcome => ({ outcome: 'failed', error, values })
