/**
 * The server's time, as told on this machine: ages would be wrong by whatever the two clocks differ. Ticks for those who show
 * ages, once for all of them.
 */
export interface ServerClock {
  /** The last tick, ms since the Unix epoch by the server's clock. The same until the next one. */
  now(): number
  /** Returns its undo. */
  subscribe(listener: () => void): () => void
  /** Compares the clocks again: after every connect. */
  sync(): Promise<void>
}

export interface ServerClockOptions {
  readonly url: string
  readonly tickMs: number
}

export const createServerClock = ({ url, tickMs }: ServerClockOptions): ServerClock => {
  const listeners = new Set<() => void>()
  let offsetMs = 0
  let tick = Date.now()
  let timer: ReturnType<typeof setInterval> | null = null
  const advance = (): void => {
    tick = Date.now() + offsetMs
    for (const listener of listeners) listener()
  }
  return {
    now: () => tick,
    subscribe: (listener) => {
      listeners.add(listener)
      timer ??= setInterval(advance, tickMs)
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0 || timer === null) return
        clearInterval(timer)
        timer = null
      }
    },
    sync: async () => {
      const sentAt = Date.now()
      try {
        const response = await fetch(url, { cache: 'no-store' })
        const body: unknown = await response.json()
        if (typeof body !== 'object' || body === null || !('timestamp' in body)) return
        const serverNow = Date.parse(String(body.timestamp))
        if (Number.isFinite(serverNow)) offsetMs = toOffset({ serverNow, sentAt, receivedAt: Date.now() })
      } catch {
        // Away: the offset known so far stands, and the next connect asks again.
      }
      advance()
    },
  }
}

/** Halfway between sending and receiving, the server said what time it is; within that uncertainty the clocks agree. */
export const toOffset = ({
  serverNow,
  sentAt,
  receivedAt,
}: {
  serverNow: number
  sentAt: number
  receivedAt: number
}): number => {
  if (serverNow >= sentAt && serverNow <= receivedAt) return 0
  return Math.round(serverNow - (sentAt + receivedAt) / 2)
}
