import { memoryBus, memoryNetwork, SightlineError } from '@sightline/core'
import type { Bus, BusEvent } from '@sightline/core/ports'
import { type BusSubject, busConformance } from '../../src/index.ts'
import { type RecordedTest, recordingRunner } from './recording-runner.ts'

type Listener = Parameters<Bus['open']>[0]

export interface BusFault {
  readonly breaks: string
  readonly noticedBy: readonly string[]
  /** Called once an installation. */
  readonly wrap: () => (bus: Bus) => Bus
}

const hearing = (breaks: string, noticedBy: readonly string[], change: (on: Listener) => Listener): BusFault => ({
  breaks,
  noticedBy,
  wrap: () => (bus) => ({ ...bus, open: (on) => bus.open(change(on)) }),
})

const saying = (breaks: string, noticedBy: readonly string[], change: (bus: Bus) => Partial<Bus>): BusFault => ({
  breaks,
  noticedBy,
  wrap: () => (bus) => ({ ...bus, ...change(bus) }),
})

const everywhere = new Set<(event: BusEvent) => void>()

export const busFaults: readonly BusFault[] = [
  hearing(
    'no event arrives',
    [
      'delivery: an event reaches every other process as it was published',
      'delivery: payloads and names survive',
      'lifecycle: one that leaves harms nobody else',
    ],
    (on) => ({ ...on, event: () => {} }),
  ),
  hearing('payloads are parsed and written again', ['delivery: payloads and names survive'], (on) => ({
    ...on,
    event: (event) =>
      on.event(event.payload === undefined ? event : { ...event, payload: JSON.stringify(JSON.parse(event.payload)) }),
  })),
  hearing('a head loses its mark of deletion', ['delivery: an event reaches every other process as it was published'], (on) => ({
    ...on,
    event: ({ head: { deleted: _, ...head }, ...event }) => on.event({ ...event, head }),
  })),
  {
    breaks: 'a process hears its own events',
    noticedBy: ['delivery: a process never hears its own events'],
    wrap: () => (bus) => {
      let own: Listener | null = null
      return {
        ...bus,
        open: (on) => {
          own = on
          return bus.open(on)
        },
        publish: (event) => {
          bus.publish(event)
          queueMicrotask(() => own?.event(event))
        },
      }
    },
  },
  {
    breaks: 'an event is known as its own by who published it, not by its origin',
    noticedBy: ['delivery: an event never comes back to its origin, whoever publishes it'],
    wrap: () => (bus) => {
      const own = new Set<string>()
      return {
        ...bus,
        open: (on) =>
          bus.open({
            ...on,
            origin: 'nobody',
            event: (event) => {
              if (!own.has(event.id)) on.event(event)
            },
          }),
        publish: (event) => {
          own.add(event.id)
          bus.publish(event)
        },
      }
    },
  },
  {
    breaks: 'what is published before open waits for it',
    noticedBy: ['delivery: what is published before open is dropped'],
    wrap: () => (bus) => {
      let waiting: BusEvent[] | null = []
      return {
        ...bus,
        open: async (on) => {
          await bus.open(on)
          for (const event of waiting ?? []) bus.publish(event)
          waiting = null
        },
        publish: (event) => {
          if (waiting !== null) waiting.push(event)
          else bus.publish(event)
        },
      }
    },
  },
  hearing('installations share one channel', ['delivery: two installations never hear of each other'], (on) => {
    const take = (event: BusEvent): void => {
      if (event.origin !== on.origin) on.event(event)
    }
    everywhere.add(take)
    return {
      ...on,
      event: (event) => {
        for (const each of everywhere) each(event)
      },
    }
  }),
  hearing(
    'a receiver that fails once hears nothing more',
    ['delivery: a receiver that fails harms neither the publisher nor what follows'],
    (on) => {
      let hasFailed = false
      return {
        ...on,
        event: (event) => {
          if (hasFailed) return
          try {
            on.event(event)
          } catch {
            hasFailed = true
          }
        },
      }
    },
  ),
  {
    breaks: 'receivers run inside publish',
    noticedBy: [
      'publishing: publish returns before any receiver runs',
      'delivery: a receiver that fails harms neither the publisher nor what follows',
    ],
    wrap: () => {
      const listeners = new Set<Listener>()
      return (bus) => {
        let own: Listener | null = null
        return {
          ...bus,
          open: async (on) => {
            own = on
            listeners.add(on)
            await bus.open({ ...on, event: () => {} })
          },
          publish: (event) => {
            for (const on of listeners) if (own !== null && on.origin !== event.origin) on.event(event)
          },
        }
      }
    },
  },
  saying(
    'a closed bus throws on publish',
    ['publishing: publish never throws: before open, after close, with a payload of megabytes'],
    (bus) => {
      let isClosed = false
      return {
        close: async () => {
          isClosed = true
          await bus.close()
        },
        publish: (event) => {
          if (isClosed) throw new Error('closed')
          bus.publish(event)
        },
      }
    },
  ),
  hearing(
    'what is more than it holds is lost in silence',
    ['publishing: what is more than it holds is a gap at the receivers, not silence'],
    (on) => ({ ...on, gap: () => {} }),
  ),
  hearing(
    'what is lost while it was cut off is lost in silence',
    ['publishing: cut off, publish does not throw and ping says so; back, receivers hear what they missed, or of a gap'],
    (on) => ({ ...on, gap: () => {} }),
  ),
  saying(
    'a ping answers from memory',
    [
      'publishing: cut off, publish does not throw and ping says so; back, receivers hear what they missed, or of a gap',
      'lifecycle: a closed bus is UNAVAILABLE',
    ],
    () => ({
      ping: async () => {},
    }),
  ),
  saying('a ping never gets through', ['lifecycle: a bus has a name, and a ping makes the round trip'], () => ({
    ping: async () => {
      throw new Error('no answer')
    },
  })),
  saying('a second close rejects', ['lifecycle: close may be called again, at once, and before open'], (bus) => {
    let isClosed = false
    return {
      close: async () => {
        if (isClosed) throw new Error('closed already')
        isClosed = true
        await bus.close()
      },
    }
  }),
  saying(
    'a closed bus goes on listening',
    [
      'lifecycle: after close nothing is delivered, not even what was on its way',
      'lifecycle: a receiver may close its bus, and hears nothing more',
    ],
    () => ({
      close: async () => {},
    }),
  ),
  {
    breaks: 'one that leaves closes the network',
    noticedBy: ['lifecycle: one that leaves harms nobody else'],
    wrap: () => {
      let isClosed = false
      return (bus) => ({
        ...bus,
        close: async () => {
          isClosed = true
          await bus.close()
        },
        publish: (event) => {
          if (!isClosed) bus.publish(event)
        },
      })
    },
  },
]

/** An installation in memory that can be cut apart, which memory alone cannot. */
const memoryInstallation = (wrap: (bus: Bus) => Bus = (bus) => bus): BusSubject => {
  const network = memoryNetwork()
  const listeners = new Set<Listener>()
  let isCutOff = false

  const cuttable = (bus: Bus): Bus => ({
    ...bus,
    open: (on) => {
      listeners.add(on)
      return bus.open(on)
    },
    publish: (event) => {
      if (!isCutOff) bus.publish(event)
    },
    ping: async () => {
      if (isCutOff) throw new SightlineError('UNAVAILABLE', 'Cut off.')
      return bus.ping()
    },
  })

  return {
    bus: () => wrap(cuttable(memoryBus({ network }))),
    cutOff: async () => {
      isCutOff = true
      return async () => {
        isCutOff = false
        for (const { gap } of listeners) gap('the connection was lost')
      }
    },
    dispose: async () => {},
  }
}

/** The tests of the bus suite over memory, broken or sound. */
export const busTests = (fault: BusFault | null): readonly RecordedTest[] => {
  const { runner, tests } = recordingRunner()
  busConformance({ name: 'memory', runner, open: async () => memoryInstallation(fault?.wrap()) })
  return tests
}
