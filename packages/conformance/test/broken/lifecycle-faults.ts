import { SightlineError } from '@sightline/core'
import type { Capabilities, StorageDriver, StoragePlan } from '@sightline/core/ports'
import { alter, type Changes, type Fault, fault, pause } from './fault.ts'

const named = (...titles: readonly string[]): readonly string[] => titles.map((title) => `lifecycle: ${title}`)
const formatted = (...titles: readonly string[]): readonly string[] => titles.map((title) => `format: ${title}`)

const again = 'connecting again changes nothing'
const atOnce = 'several processes connect at once, to an empty store and to a full one'
const first = 'several processes connect at once to a store that nobody has connected to'
const restart = 'what was written is there after a restart'
const later = 'connect creates what a later plan adds: a collection, an index over what is there'
const closedTwice = 'close may be called again, at once, and before connect'
const others = 'closing one driver leaves the others over the store alone'
const lent = 'close leaves a connection open that the driver did not open'
const early = 'before connect every call is UNAVAILABLE'
const late = 'after close every call is UNAVAILABLE, and none reads as "not found"'
const away = 'a store that cannot be reached is UNAVAILABLE or a TIMEOUT, and never "not found"'

const unavailable = (): never => {
  throw new SightlineError('UNAVAILABLE', 'Away.')
}

/** Reads that answer with nothing where they fail. */
const swallowing = (driver: StorageDriver): Changes => ({
  snapshots: {
    load: (keys) => driver.snapshots.load(keys).catch(() => keys.map(() => null)),
    heads: (scope, page) => driver.snapshots.heads(scope, page).catch(() => ({ items: [], next: null })),
  },
})

/** Judges formats by itself; the store beneath takes them all. */
const judging = (
  breaks: string,
  noticedBy: readonly string[],
  judge: (stored: number | null, format: StoragePlan['format']) => number,
): Fault => ({
  breaks,
  noticedBy: formatted(...noticedBy),
  wrap: () => {
    let stored: number | null = null
    return (driver) =>
      alter(driver, {
        connect: async ({ collections, format }) => {
          stored = judge(stored, format)
          return driver.connect({ collections, format: { writes: 1, reads: 99 } })
        },
      })
  },
})

const refuse = (): never => {
  throw new SightlineError('INCOMPATIBLE', 'Newer.')
}

const newer = 'a newer writer records its format, and an older reader is refused'
const older = 'an older writer that reads the newer format is let in, and does not turn it back'
const ahead = 'a reader of newer formats leaves an older format as it is'
const numbers = 'formats order as numbers'
const refused = 'a refused driver changes nothing and serves nothing'

const formatFaults: readonly Fault[] = [
  judging('a newer format is opened all the same', [newer, older, numbers, refused], (stored, { writes }) =>
    Math.max(stored ?? 0, writes),
  ),
  judging('a format is turned back by an older writer', [older], (stored, { writes, reads }) =>
    stored !== null && stored > reads ? refuse() : writes,
  ),
  judging('what can be read is recorded as what is written', [ahead], (stored, { reads }) =>
    stored !== null && stored > reads ? refuse() : Math.max(stored ?? 0, reads),
  ),
  judging('formats are compared as texts', [numbers], (stored, { writes, reads }) =>
    stored !== null && String(stored) > String(reads) ? refuse() : Math.max(stored ?? 0, writes),
  ),
  judging('only the very same format is read', [older], (stored, { writes }) =>
    stored !== null && stored !== writes ? refuse() : writes,
  ),
  {
    breaks: 'a driver that was refused serves all the same',
    noticedBy: formatted(refused),
    wrap: () => (driver) =>
      alter(driver, {
        connect: async (plan) => {
          try {
            return await driver.connect(plan)
          } catch (error) {
            await driver.connect({ ...plan, format: { writes: 1, reads: 99 } })
            throw error
          }
        },
      }),
  },
]

/** Coming up, going down, coming back. */
export const lifecycleFaults: readonly Fault[] = [
  ...formatFaults,

  fault('a driver has no name', named('a driver has a name and tells its capabilities'), () => ({ name: '' })),
  fault('capabilities are not told', named('a driver has a name and tells its capabilities', again).slice(0, 1), (driver) => ({
    connect: async (plan) => ({ ...(await driver.connect(plan)), transactions: undefined as unknown as boolean }),
  })),

  {
    breaks: 'connect empties the store',
    noticedBy: named(again, restart),
    wrap: () => {
      let connects = 0
      return (driver) => {
        let own = 0
        return alter(driver, {
          connect: (plan) => {
            own = ++connects
            return driver.connect(plan)
          },
          snapshots: {
            load: async (keys) => (own > 1 ? keys.map(() => null) : driver.snapshots.load(keys)),
          },
        })
      }
    },
  },

  {
    breaks: 'two who connect at once are in each other’s way',
    noticedBy: named(atOnce, first),
    wrap: () => {
      let isBusy = false
      return (driver) =>
        alter(driver, {
          connect: async (plan): Promise<Capabilities> => {
            if (isBusy) unavailable()
            isBusy = true
            await pause()
            isBusy = false
            return driver.connect(plan)
          },
        })
    },
  },

  {
    breaks: 'the first plan is the only one',
    noticedBy: named(later),
    wrap: () => {
      let plan: StoragePlan | null = null
      return (driver) =>
        alter(driver, {
          connect: (given) => {
            plan ??= given
            return driver.connect({ ...plan, format: given.format })
          },
        })
    },
  },

  fault('an index holds only what is written after it was made', named(later), () => ({
    collection: (collection) => ({
      list: async (scope, query) =>
        query.index === 'byQueueAndTitle' ? { items: [], next: null } : collection.list(scope, query),
    }),
  })),

  fault('a ping does not ask the server', named('a ping tells the time of the server', early, late, away), () => ({
    ping: async () => ({ serverTime: 1_700_000_000_000 }),
  })),

  fault('a second close rejects', named(closedTwice), (driver) => {
    let isClosed = false
    return {
      close: async () => {
        if (isClosed) throw new Error('closed already')
        isClosed = true
        return driver.close()
      },
    }
  }),

  {
    breaks: 'closing one driver closes the connection that all share',
    noticedBy: named(others, lent),
    wrap: () => {
      let isClosed = false
      return (driver) =>
        alter(driver, {
          connect: async (plan) => (isClosed ? unavailable() : driver.connect(plan)),
          close: async () => {
            isClosed = true
            return driver.close()
          },
          snapshots: { replace: async (writes) => (isClosed ? unavailable() : driver.snapshots.replace(writes)) },
        })
    },
  },

  fault('a failure reads as "not found"', named(early, late, away), swallowing),

  fault('before connect a read waits for nothing and finds nothing', named(early), (driver) => {
    let isConnected = false
    return {
      connect: async (plan) => {
        const capabilities = await driver.connect(plan)
        isConnected = true
        return capabilities
      },
      snapshots: { load: async (keys) => (isConnected ? driver.snapshots.load(keys) : keys.map(() => null)) },
    }
  }),

  fault(
    'failures are errors of the engine',
    [...named(early, late, away), "scope: a log line for 'system' is refused"],
    (driver) => ({
      logs: {
        append: (scope, entries) =>
          driver.logs.append(scope, entries).catch(() => {
            throw new Error('SQLITE_MISUSE')
          }),
      },
    }),
  ),

  fault('a store that was away once stays away', named(away), (driver) => {
    let wasAway = false
    return {
      snapshots: {
        load: async (keys) => {
          if (wasAway) unavailable()
          return driver.snapshots.load(keys).catch((error: unknown) => {
            wasAway = true
            throw error
          })
        },
      },
    }
  }),

  {
    breaks: 'a collection that nobody planned is made up',
    noticedBy: named('a collection that is not in the plan is refused'),
    wrap: () => (driver) =>
      alter(driver, {
        collection: (collection) => ({
          load: async (scope, ids) =>
            collection.load(scope, ids).catch((error: unknown) => {
              if (SightlineError.from(error).code === 'INVALID_INPUT') return ids.map(() => null)
              throw error
            }),
        }),
      }),
  },
]
