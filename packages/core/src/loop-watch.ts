import type { Clock } from './ports/clock.ts'

/** How late this process's timers run: a monitor that is late itself must not call others down. */
export interface LoopWatch {
  /** The worst of the last two seconds, in ms. */
  readonly delayMs: number
  start(): void
  stop(): void
}

const EVERY_MS = 1_000
const REMEMBERED = 2

export const createLoopWatch = (clock: Clock): LoopWatch => {
  const delays: number[] = []
  let cancel = (): void => {}

  const wait = (): void => {
    const due = clock.monotonic() + EVERY_MS
    cancel = clock.setTimer(EVERY_MS, () => {
      delays.push(Math.max(0, clock.monotonic() - due))
      if (delays.length > REMEMBERED) delays.shift()
      wait()
    })
  }

  return {
    get delayMs() {
      return Math.max(0, ...delays)
    },
    start: wait,
    stop: () => cancel(),
  }
}
