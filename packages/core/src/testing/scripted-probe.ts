import type { Observation, Probe } from '../ports/probe.ts'
import { isRecord } from '../protocol/is-record.ts'

/** A probe that answers what a test says. */
export interface ScriptedProbe extends Probe {
  /** How often it was asked. */
  readonly asked: number
  /** From now on: this document; the numbers in it by name are its values. */
  returns(value: unknown): void
  /** From now on: this failure. */
  fails(error: Error, options?: { readonly retryAfterMs?: number }): void
  /** From now on: no answer, not even to an abort. */
  hangs(): void
  /** From now on: what the function gives. */
  answers(answer: () => Observation | Promise<Observation>): void
}

/**
 * A probe for tests. Until it is told otherwise it answers with `initial`, after a latency of 1 ms that takes no time; `{}` by default.
 *
 * @example
 * const probe = scriptedProbe({ load: 0.2 })
 * const sightline = createSightline({ apis: { orders: { regions: { eu: { probe } } } } })
 * probe.fails(new Error('connect ECONNREFUSED'))
 */
export const scriptedProbe = (initial: unknown = {}): ScriptedProbe => {
  const seen = { latencyMs: 1, values: {} }
  const found = (value: unknown): Observation => ({ latencyMs: 1, values: numbersOf(value), outcome: 'value', value })
  let asked = 0
  let answer: () => Observation | Promise<Observation> = () => found(initial)

  return {
    get asked() {
      return asked
    },
    returns: (value) => {
      answer = () => found(value)
    },
    fails: (error, { retryAfterMs } = {}) => {
      answer = () => ({ ...seen, outcome: 'failed', error, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
    },
    hangs: () => {
      answer = () => new Promise<never>(() => {})
    },
    answers: (next) => {
      answer = next
    },
    collect: async () => {
      asked++
      return answer()
    },
  }
}

const numbersOf = (value: unknown): Readonly<Record<string, number>> =>
  isRecord(value)
    ? Object.fromEntries(Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === 'number'))
    : {}
