/** How many events one connection may send. */
export interface EventRate {
  /** In the long run. Default 100. */
  readonly perSecond: number
  /** At once, as after a reconnect when everything is subscribed again. Default 500. */
  readonly burst: number
}

export interface EventBudget {
  /** Takes one event's worth; answers 0, or how many ms to wait. `atMs` never steps back. */
  take(atMs: number): number
}

/** A token bucket. */
export const createEventBudget = ({ perSecond, burst }: EventRate): EventBudget => {
  let tokens = burst
  let filledAtMs: number | null = null

  return {
    take: (atMs) => {
      tokens = Math.min(burst, tokens + ((atMs - (filledAtMs ?? atMs)) / 1000) * perSecond)
      filledAtMs = atMs
      if (tokens < 1) return Math.ceil(((1 - tokens) / perSecond) * 1000)
      tokens -= 1
      return 0
    },
  }
}
