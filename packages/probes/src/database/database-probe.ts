import { type Clock, type Observation, type Probe, type ProbeContext, SightlineError } from '@sightline/core'
import { observed, untilAborted } from '../observed.ts'
import { roundMs } from '../socket/opening.ts'
import { toGivenUp } from '../socket/socket-fault.ts'

/** A connection to a database, open. */
export interface DatabaseConnection {
  /** As the server gives it: `17.5`; null where it does not say. */
  readonly version: string | null
  /** False once the other side has ended it. */
  readonly isOpen: boolean
  /** One round trip. */
  ping(): Promise<void>
  /** Ends it at once, whatever is going on. */
  destroy(): void
}

/** How one kind of database is reached. */
export interface DatabaseDriver {
  /** Host and port. */
  readonly target: string
  /** Rejects soon after the signal aborts, and leaves nothing open then. */
  connect(signal: AbortSignal): Promise<DatabaseConnection>
  /** Anything the driver throws as an error to show. */
  toError(thrown: unknown): SightlineError
}

/** Pings over one connection that is kept between checks, and made anew once it is lost. */
export const databaseProbe = (driver: DatabaseDriver, clock: Clock): Probe => new DatabaseProbe(driver, clock)

class DatabaseProbe implements Probe {
  readonly #driver: DatabaseDriver
  readonly #clock: Clock
  readonly #closing = new AbortController()
  #kept: DatabaseConnection | null = null

  constructor(driver: DatabaseDriver, clock: Clock) {
    this.#driver = driver
    this.#clock = clock
  }

  collect(context: ProbeContext): Promise<Observation> {
    const { target, toError } = this.#driver
    return observed(
      { clock: this.#clock, signal: context.signal, closing: this.#closing.signal, target, toError },
      async (values, signal) => {
        const version = await this.#check(values, signal)
        return { status: 'up', ...(version === null ? {} : { version }) }
      },
    )
  }

  async close(): Promise<void> {
    this.#closing.abort(new SightlineError('ABORTED', 'The probe was closed.'))
    this.#drop()
  }

  async #check(values: Record<string, number>, signal: AbortSignal): Promise<string | null> {
    const kept = this.#kept
    if (kept?.isOpen === true) {
      try {
        await this.#ping(kept, { values, signal })
        return kept.version
      } catch (thrown) {
        this.#drop()
        // A kept connection that is lost just as it is used says nothing about the server: a new one will.
        if (signal.aborted) throw thrown
      }
    }
    this.#drop()
    const startedAt = this.#clock.monotonic()
    const connection = await this.#driver.connect(signal)
    values.connectMs = roundMs(this.#clock.monotonic() - startedAt)
    if (signal.aborted) {
      connection.destroy()
      throw toGivenUp(signal.reason, `connecting to ${this.#driver.target}`)
    }
    this.#kept = connection
    try {
      await this.#ping(connection, { values, signal })
    } catch (thrown) {
      this.#drop()
      throw thrown
    }
    return connection.version
  }

  async #ping(connection: DatabaseConnection, { values, signal }: Ping): Promise<void> {
    const startedAt = this.#clock.monotonic()
    const { target } = this.#driver
    await untilAborted(connection.ping(), signal, () => toGivenUp(signal.reason, `waiting for ${target} to answer`))
    values.pingMs = roundMs(this.#clock.monotonic() - startedAt)
  }

  #drop(): void {
    this.#kept?.destroy()
    this.#kept = null
  }
}

interface Ping {
  readonly values: Record<string, number>
  readonly signal: AbortSignal
}

/** What is said where a driver, which is an optional peer, is not there. */
export const missingDriver = (name: string, cause: unknown): SightlineError =>
  new SightlineError('INVALID_CONFIG', `This probe needs the package ${name}: npm i ${name}.`, { cause })
