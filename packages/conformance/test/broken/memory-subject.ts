import { fromSnapshotId, memoryStorage, memoryStore, SightlineError } from '@sightline/core'
import type { StorageDriver, Version } from '@sightline/core/ports'
import { testClock } from '@sightline/core/testing'
import { conformancePlan, dyingBetweenCalls, type StorageSubject, writeForever } from '../../src/index.ts'
import { ticketDefinition } from '../../src/storage/plan.ts'
import { commitOf, ticketWrite, won } from '../../src/storage/writes.ts'
import { pause } from './fault.ts'

/** Breaks each driver over one store. */
export type Wrap = (driver: StorageDriver) => StorageDriver

/**
 * A store in memory with everything a factory can offer. What memory does not have by itself is acted out in process, so that those tests,
 * too, can be seen to pass and to fail: a writer that is killed stops between two calls, a store that is cut off rejects every call.
 */
export const memorySubject = (
  wrap: Wrap = (driver) => driver,
  { feed = true }: { readonly feed?: boolean } = {},
): StorageSubject => {
  let store = memoryStore()
  const clock = testClock()
  let isCutOff = false

  const reachable: Wrap = (driver) =>
    wrapCalls(driver, () => {
      if (isCutOff) throw new SightlineError('UNAVAILABLE', 'The store cannot be reached.')
    })
  const driver = (): StorageDriver => wrap(reachable(memoryStorage({ store, clock, feed })))

  return {
    driver,
    dying: (step) => dyingBetweenCalls(driver(), step),
    spawnWriter: async (onLine) => {
      let isKilled = false
      const writer = wrapCalls(driver(), async () => {
        // A process of its own does not hold this one up.
        await pause()
        if (isKilled) await new Promise(() => {})
      })
      const report = (line: string): void => {
        if (!isKilled) onLine(line)
      }
      writeForever({ driver: writer, report }).catch(() => {})
      return {
        kill: async () => {
          isKilled = true
        },
      }
    },
    cutOff: async () => {
      isCutOff = true
      return async () => {
        isCutOff = false
      }
    },
    borrowing: async () => {
      const other = wrap(memoryStorage({ store, clock }))
      return {
        driver: driver(),
        isConnectionOpen: async () =>
          other.connect({ collections: [], format: { writes: 1, reads: 99 } }).then(
            () => true,
            () => false,
          ),
        dispose: () => other.close(),
      }
    },
    // A dump that is written again: whoever reads it finds the same documents, in epochs of their own.
    backUp: async () => {
      const source = memoryStorage({ store, clock })
      await source.connect(conformancePlan)
      const { items: heads } = await source.snapshots.heads('system', { limit: 1_000 })
      const keys = heads.map(({ team, id }) => fromSnapshotId(team, id))
      const histories = await Promise.all(keys.map((key) => source.snapshots.history(key, { limit: 1_000 })))
      const tickets = source.collection(ticketDefinition)
      const records = await tickets.list('system', { limit: 1_000, index: 'byTitle', equals: {}, order: 'asc' })
      return async () => {
        store = memoryStore()
        const target = memoryStorage({ store, clock })
        await target.connect(conformancePlan)
        for (const { items } of histories) {
          let expected: Version | null = null
          for (const entry of items.toReversed())
            expected = won((await target.snapshots.replace([{ ...entry, expected }]))[0]).version
        }
        await target.commit(records.items.map(({ id, team, value }) => commitOf(ticketWrite({ id, team, value }))))
      }
    },
    elapse: (ms) => clock.advance(ms),
    dispose: async () => {},
  }
}

/** Runs something before every call of the driver but `close`. */
const wrapCalls = (driver: StorageDriver, before: () => void | Promise<void>): StorageDriver => {
  const wrapped = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name, target)
        if (name === 'collection') return (...args: unknown[]) => wrapped(Reflect.apply(value as () => object, target, args))
        if (typeof value === 'object' && value !== null) return wrapped(value)
        if (typeof value !== 'function' || name === 'close') return value
        return async (...args: unknown[]): Promise<unknown> => {
          await before()
          return Reflect.apply(value, target, args)
        }
      },
    })
  return wrapped(driver)
}
