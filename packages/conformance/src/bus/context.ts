import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Bus, BusEvent } from '@sightline/core/ports'
import type { BusSubject } from './subject.ts'

/** One process on the bus, and what it has heard. */
export interface Member {
  readonly bus: Bus
  readonly origin: string
  readonly events: readonly BusEvent[]
  readonly gaps: readonly string[]
  /** Publishes an event of this process. */
  publish(event?: Partial<BusEvent>): BusEvent
  /** Resolves once it has heard the event; fails after ten seconds. */
  hears(event: BusEvent): Promise<void>
}

export interface BusContext {
  readonly subject: BusSubject
  /** A process of the installation, its bus open. `onEvent` runs inside its receiver. */
  join(onEvent?: (event: BusEvent) => void): Promise<Member>
  /** A bus that is not open; closed after the test all the same. */
  bus(): Bus
  /** The same on another installation. */
  elsewhere(): Promise<BusContext>
}

export const busEvent = (event: Partial<BusEvent> & { readonly origin: string }): BusEvent => ({
  id: randomUUID(),
  v: 1,
  type: 'snapshot:changed',
  head: { id: 'orders/eu-west', team: 'red', version: { epoch: 'epoch-1', revision: 1 } },
  at: 1_700_000_000_000,
  ...event,
})

export const until = async (what: string, isSo: () => boolean, withinMs = 10_000): Promise<void> => {
  const giveUpAt = performance.now() + withinMs
  while (!isSo()) {
    assert.ok(performance.now() < giveUpAt, `${what}: not within ${withinMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

export const busContext = async (
  open: () => Promise<BusSubject>,
): Promise<{ readonly context: BusContext; dispose(): Promise<void> }> => {
  const subjects: BusSubject[] = []
  const buses: Bus[] = []

  const contextOf = async (): Promise<BusContext> => {
    const subject = await open()
    subjects.push(subject)
    const bus = (): Bus => {
      const made = subject.bus()
      buses.push(made)
      return made
    }
    return {
      subject,
      bus,
      join: async (onEvent = () => {}) => {
        const own = bus()
        const origin = randomUUID()
        const events: BusEvent[] = []
        const gaps: string[] = []
        await own.open({
          origin,
          event: (event) => {
            events.push(event)
            onEvent(event)
          },
          gap: (reason) => {
            gaps.push(reason)
          },
        })
        return {
          bus: own,
          origin,
          events,
          gaps,
          publish: (event = {}) => {
            const published = busEvent({ origin, ...event })
            own.publish(published)
            return published
          },
          hears: (event) => until(`hearing ${event.type} ${event.id}`, () => events.some(({ id }) => id === event.id)),
        }
      },
      elsewhere: contextOf,
    }
  }

  return {
    context: await contextOf(),
    dispose: async () => {
      await Promise.allSettled(buses.map((bus) => bus.close()))
      for (const subject of subjects) await subject.dispose()
    },
  }
}
