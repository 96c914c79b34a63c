import type { Stored } from '@sightline/core/ports'
import type { Ticket } from '../../src/storage/plan.ts'
import { commitOf } from '../../src/storage/writes.ts'
import { commitOne, currentOf, each } from './commit-wrapping.ts'
import { alter, type Fault, fault } from './fault.ts'

/** Records that end too late, or too early. */
export const expiryFaults: readonly Fault[] = [
  {
    breaks: 'expired records are returned until they are pruned',
    noticedBy: [
      'expiry: an expired record is in no load, no list and no heads',
      'expiry: a record expires at its time, without anybody doing anything',
      'expiry: an expired record makes room: its id may be inserted, its unique value is free',
      'expiry: an expired record is not what stands there',
      'retention: tombstones and expired records go once they are old, at most so many at a time; live ones never',
    ],
    wrap: () => (driver) => ({
      ...driver,
      connect: ({ collections, format }) =>
        driver.connect({ format, collections: collections.map(({ expiresAt: _, ...plan }) => plan) }),
    }),
  },
  {
    breaks: 'whether a record expires is settled at its insert',
    noticedBy: ['expiry: a replace moves the expiry'],
    wrap: () => (driver) =>
      alter(
        driver,
        each(async ({ write, then }) => {
          const before = await currentOf(driver, write)
          const expiresAt = (before?.value as Ticket | null | undefined)?.expiresAt
          return commitOne(
            driver,
            commitOf(expiresAt === undefined ? write : { ...write, value: { ...(write.value as Ticket), expiresAt } }, ...then),
          )
        }),
      ),
  },
  {
    breaks: 'an expired record counts as written when it is looked at once more',
    noticedBy: ['expiry: a record expires at its time, without anybody doing anything'],
    wrap: () => {
      const seen = new Map<string, Stored<unknown>>()
      return (driver) =>
        alter(driver, {
          collection: (collection) => ({
            load: async (scope, ids) =>
              (await collection.load(scope, ids)).map((stored, index) => {
                const id = ids[index] ?? ''
                if (stored !== null) seen.set(id, stored)
                return stored ?? (seen.get(id) as typeof stored | undefined) ?? null
              }),
          }),
        })
    },
  },
  fault(
    'everything expires at once',
    [
      'expiry: an expired record is in no load, no list and no heads',
      'expiry: a replace moves the expiry',
      'collections: what was written is what loads: head, time and value',
    ],
    () => ({
      collection: (collection) => ({
        load: async (scope, ids) => (await collection.load(scope, ids)).map(() => null),
      }),
    }),
  ),
]
