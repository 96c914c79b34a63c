/** How many of a session's events are worked on at once, and how much may wait for its turn. */
export interface EventQueueBounds {
  readonly maxRunning: number
  readonly maxWaiting: number
  readonly maxWaitingBytes: number
}

export interface QueuedEvent {
  /** Of the message it came in. */
  readonly bytes: number
  /** Never rejects. */
  run(): Promise<void>
}

/** Starts events in the order they came. */
export interface EventQueue {
  /** Starts it, or lets it wait for its turn; false where too much waits already. */
  add(event: QueuedEvent): boolean
  /** Goes on after `mayStart` said no. */
  resume(): void
  /** Forgets what waits. */
  close(): void
}

export interface EventQueueOptions {
  readonly bounds: EventQueueBounds
  /** Asked before every start; whoever answered no calls `resume` later. */
  mayStart(): boolean
}

export const createEventQueue = ({ bounds, mayStart }: EventQueueOptions): EventQueue => {
  const waiting: QueuedEvent[] = []
  let waitingBytes = 0
  let running = 0

  const resume = (): void => {
    while (running < bounds.maxRunning && waiting.length > 0 && mayStart()) {
      const event = waiting.shift()
      if (event === undefined) return
      waitingBytes -= event.bytes
      running++
      void event.run().finally(() => {
        running--
        resume()
      })
    }
  }

  return {
    add: (event) => {
      const isFull = waiting.length >= bounds.maxWaiting || waitingBytes + event.bytes > bounds.maxWaitingBytes
      if (isFull && waiting.length > 0) return false
      waiting.push(event)
      waitingBytes += event.bytes
      resume()
      return true
    },
    resume,
    close: () => {
      waiting.length = 0
      waitingBytes = 0
    },
  }
}
