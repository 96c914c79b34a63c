import { SightlineError } from '../errors.ts'
import type { Bus, BusEvent } from '../ports/bus.ts'

/** What buses of one installation share: who takes the events that others publish. */
export type MemoryNetwork = Set<(event: BusEvent) => void>

/**
 * A network for several instances in one process; buses on two networks never hear of each other.
 *
 * @example
 * const network = memoryNetwork()
 * const east = createSightline({ ...config, bus: memoryBus({ network }) })
 * const west = createSightline({ ...config, bus: memoryBus({ network }) })
 */
export const memoryNetwork = (): MemoryNetwork => new Set()

/** Whom a bus in memory reaches, and how much it holds. */
export interface MemoryBusOptions {
  /** @default one of its own, with nobody else on it */
  readonly network?: MemoryNetwork
  /** How many events may wait for this receiver; what is published beyond is dropped and reported as a gap. @default 10,000 */
  readonly maxQueued?: number
}

/** A bus within this process. Events are handed over in a later microtask, so that no receiver runs inside a publisher. */
export const memoryBus = ({ network = memoryNetwork(), maxQueued = 10_000 }: MemoryBusOptions = {}): Bus => {
  let receiver: Receiver | null = null
  let isClosed = false

  return {
    name: 'memory',

    open: async (listener) => {
      if (isClosed) throw new SightlineError('UNAVAILABLE', 'The memory bus is closed.')
      if (receiver !== null) throw new SightlineError('INVALID_INPUT', 'The memory bus is open already.')
      receiver = memoryReceiver(listener, maxQueued)
      network.add(receiver.take)
    },

    publish: (event) => {
      if (receiver === null || isClosed) return
      for (const take of network) take(event)
    },

    ping: async () => {
      if (receiver === null || isClosed) throw new SightlineError('UNAVAILABLE', 'The memory bus is not open.')
    },

    close: async () => {
      isClosed = true
      if (receiver === null) return
      network.delete(receiver.take)
      receiver.stop()
    },
  }
}

interface Receiver {
  take(event: BusEvent): void
  stop(): void
}

const memoryReceiver = ({ origin, event: deliver, gap }: Parameters<Bus['open']>[0], maxQueued: number): Receiver => {
  let queue: BusEvent[] = []
  let dropped = 0
  let isHandingOver = false
  let isStopped = false

  const handOver = (): void => {
    isHandingOver = false
    const [events, missing] = [queue, dropped]
    queue = []
    dropped = 0
    if (missing > 0) attempt(() => gap(`${missing} events more than the queue holds`))
    for (const event of events) attempt(() => deliver(event))
  }

  /** A receiver that throws has missed something, and its fault is no publisher's. */
  const attempt = (call: () => void): void => {
    if (isStopped) return
    try {
      call()
    } catch {
      // A receiver whose `gap` throws as well cannot be told any more.
      try {
        gap('the receiver failed on an event')
      } catch {}
    }
  }

  return {
    take: (event) => {
      if (event.origin === origin) return
      if (queue.length < maxQueued) queue.push(event)
      else dropped++
      if (isHandingOver) return
      isHandingOver = true
      queueMicrotask(handOver)
    },
    stop: () => {
      isStopped = true
    },
  }
}
