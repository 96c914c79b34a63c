import type { Socket as EngineSocket } from 'engine.io'
import type { EncodedEvent } from './encoded-event.ts'
import { isIdle, isPolling, lastQueuedBytes, queuedPackets, terminate, unsentBytes, writeEncoded } from './engine-connection.ts'

/** How much may wait for one connection. */
export interface OutletBounds {
  /** A connection that did not read for a whole turn of the event loop lags above this. */
  readonly maxQueuedBytes: number
  /** Within one turn nobody can read, so that a burst may queue this much. */
  readonly maxBurstBytes: number
  /** Answers waiting for a connection that does not read them; it is cut above this. */
  readonly maxHeldAnswers: number
  /** Their bytes. Above this, a connection that reads nothing for `maxStallMs` is cut. */
  readonly maxHeldBytes: number
  readonly maxStallMs: number
}

/** Something a client asked for, and what it costs to let it wait. */
export interface Answer {
  write(): void
  bytes(): number
}

/** What an outlet asks of those around it. */
export interface OutletSurroundings {
  /** Calls `endTurn` when the present turn of the event loop is over. */
  watchTurn(outlet: Outlet): void
  /** Calls `pump` now and then until `isSettled`. */
  watchDrain(outlet: Outlet): void
  /** It is told no more news until `drained`. */
  lagging(): void
  drained(): void
  /** No answer waits any more. */
  answered(): void
  monotonic(): number
}

/**
 * Everything that goes out to one connection, so that a reader slower than the news costs bounded memory: it is left out of broadcasts
 * until it has read what it was sent, and then gets the latest state of each topic, a bounded piece at a time.
 */
export class Outlet {
  readonly #connection: EngineSocket
  readonly #bounds: OutletBounds
  readonly #surroundings: OutletSurroundings
  /** What waits until the connection is idle, oldest first; a newer state of a topic takes the place of the older. */
  readonly #held = new Map<string | symbol, () => void>()
  #heldAnswers = 0
  #heldBytes = 0
  /** Since when answers wait and nothing was read. */
  #stalledSinceMs: number | null = null
  #unread = 0
  #queuedBytes = 0
  #isStuck = false
  #isLagging = false
  #hasMissed = false
  readonly #onClose = new Set<() => void>()

  constructor(connection: EngineSocket, bounds: OutletBounds, surroundings: OutletSurroundings) {
    this.#connection = connection
    this.#bounds = bounds
    this.#surroundings = surroundings
  }

  get isSettled(): boolean {
    return !this.#isLagging && this.#held.size === 0
  }

  get isLagging(): boolean {
    return this.#isLagging
  }

  /** Answers wait: whoever asks for more has to read first. */
  get isHolding(): boolean {
    return this.#heldAnswers > 0
  }

  /** Bytes of answers that wait here, beside what the connection itself has queued. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** News for a room this connection is in. */
  broadcast(event: EncodedEvent): void {
    if (this.#isLagging) return
    if (this.#held.size > 0) {
      this.#hasMissed = true
      return
    }
    if (this.#isFull()) {
      this.#lag()
      return
    }
    writeEncoded(this.#connection, event)
    // A connection that reads has nothing queued, and that is all that is asked of it.
    if (queuedPackets(this.#connection) > 0) this.#account(event.bytes)
  }

  /** The latest state of `topic`, for this connection alone. */
  send(topic: string, encode: () => EncodedEvent | null): void {
    if (this.#isLagging) return
    this.#whenRoom(topic, () => {
      const event = encode()
      if (event === null) return
      writeEncoded(this.#connection, event)
      this.#account(event.bytes)
    })
  }

  /** May wait, is never left out. Resolves when it is on its way, or nobody is there to read it. */
  answer({ write, bytes }: Answer): Promise<void> {
    if (this.#heldAnswers >= this.#bounds.maxHeldAnswers) {
      terminate(this.#connection)
      return Promise.resolve()
    }
    const send = (): void => {
      write()
      this.#account(lastQueuedBytes(this.#connection))
    }
    if (this.#held.size === 0 && !this.#isFull()) {
      send()
      return Promise.resolve()
    }
    const held = bytes()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#heldAnswers++
    this.#heldBytes += held
    this.#onClose.add(resolve)
    this.#hold(Symbol('answer'), () => {
      this.#heldAnswers--
      this.#heldBytes -= held
      this.#onClose.delete(resolve)
      send()
      resolve()
    })
    return promise
  }

  endTurn(): void {
    this.#isStuck = queuedPackets(this.#connection) > 0
  }

  /** Goes on where the connection has read everything. */
  pump(): void {
    if (!isIdle(this.#connection)) {
      this.#judgeStall()
      return
    }
    this.#stalledSinceMs = null
    const hadAnswers = this.isHolding
    for (const [key, write] of this.#held) {
      if (this.#isFull()) break
      this.#held.delete(key)
      write()
    }
    if (hadAnswers && !this.isHolding) this.#surroundings.answered()
    if (this.#held.size > 0) return
    if (this.#isLagging) {
      this.#isLagging = false
      this.#surroundings.drained()
    } else if (this.#hasMissed) {
      this.#hasMissed = false
      this.#lag()
    }
  }

  /** Forgets what waits. */
  close(): void {
    this.#held.clear()
    this.#heldAnswers = 0
    this.#heldBytes = 0
    for (const resolve of this.#onClose) resolve()
    this.#onClose.clear()
    this.#isLagging = false
    this.#hasMissed = false
  }

  #whenRoom(key: string | symbol, write: () => void): void {
    if (this.#held.size === 0 && !this.#isFull()) {
      write()
      return
    }
    this.#held.delete(key)
    this.#hold(key, write)
  }

  #hold(key: string | symbol, write: () => void): void {
    this.#held.set(key, write)
    this.#surroundings.watchDrain(this)
  }

  /** Slow is no offence; to ask for megabytes and read none of them is. */
  #judgeStall(): void {
    const unread = queuedPackets(this.#connection) + unsentBytes(this.#connection)
    const isMoving = unread < this.#unread
    this.#unread = unread
    const nowMs = this.#surroundings.monotonic()
    if (isMoving || this.#heldBytes <= this.#bounds.maxHeldBytes) this.#stalledSinceMs = null
    else this.#stalledSinceMs ??= nowMs
    if (this.#stalledSinceMs !== null && nowMs - this.#stalledSinceMs >= this.#bounds.maxStallMs) terminate(this.#connection)
  }

  #lag(): void {
    this.#isLagging = true
    this.#surroundings.watchDrain(this)
    this.#surroundings.lagging()
  }

  #isFull(): boolean {
    const connection = this.#connection
    if (queuedPackets(connection) === 0) return false
    // A poll takes the whole queue at once, so that there is no burst to be forgiven.
    const limit = this.#isStuck || isPolling(connection) ? this.#bounds.maxQueuedBytes : this.#bounds.maxBurstBytes
    return this.#queuedBytes + unsentBytes(connection) > limit
  }

  #account(bytes: number): void {
    const queued = queuedPackets(this.#connection)
    if (queued === 0) return
    if (queued > 1) {
      this.#queuedBytes += bytes
      return
    }
    // The only packet is the one just queued: whatever was counted before has been handed to the network.
    this.#queuedBytes = bytes
    this.#isStuck = false
    this.#surroundings.watchTurn(this)
  }
}
