import { SightlineError } from './errors.ts'
import type { Clock } from './ports/clock.ts'

export interface LifecycleOptions {
  readonly clock: Pick<Clock, 'monotonic'>
  /** Ends whatever was begun, also half-way. Never rejects. */
  end(options: { readonly timeoutMs: number; readonly wasRunning: boolean }): Promise<void>
}

/** Started once, stopped once, in whatever order the host asks for it. */
export interface Lifecycle {
  readonly isServing: boolean
  /** Being stopped, or stopped. */
  readonly isOver: boolean
  /** Monotonic ms. */
  readonly startedAt: number
  /**
   * Takes one step after another, and none after `stop`. Where one fails, all is ended before this rejects. Rejects with `CONFLICT` the
   * second time, and with `ABORTED` where `stop` came first.
   */
  start(steps: readonly (() => unknown)[]): Promise<void>
  /** Idempotent: who asks again waits for the same end. */
  stop(timeoutMs: number): Promise<void>
}

export const createLifecycle = ({ clock, end }: LifecycleOptions): Lifecycle => {
  let phase: 'created' | 'running' | 'over' = 'created'
  let startedAt = clock.monotonic()
  let ending: Promise<void> | null = null

  const stop = (timeoutMs: number): Promise<void> => {
    const wasRunning = phase === 'running'
    phase = 'over'
    ending ??= end({ timeoutMs, wasRunning })
    return ending
  }

  const take = async (steps: readonly (() => unknown)[]): Promise<void> => {
    for (const step of steps) {
      if (phase !== 'running') throw new SightlineError('ABORTED', 'Sightline was stopped while it started.')
      await step()
    }
  }

  return {
    get isServing() {
      return phase === 'running'
    },
    get isOver() {
      return phase === 'over'
    },
    get startedAt() {
      return startedAt
    },
    start: async (steps) => {
      if (phase !== 'created') throw new SightlineError('CONFLICT', 'This Sightline was started before; create another one.')
      phase = 'running'
      startedAt = clock.monotonic()
      try {
        await take(steps)
      } catch (thrown) {
        await stop(0)
        throw thrown
      }
    },
    stop,
  }
}
