import type { StorageDriver, Stored, Write } from '@sightline/core/ports'
import { type Ticket, ticketDefinition } from '../../src/storage/plan.ts'
import { commitOne, currentOf, each } from './commit-wrapping.ts'
import { alter, type Fault, pause } from './fault.ts'

/** Ignores what the unique values of a write are, or judges them by itself. */
const judging = (
  driver: StorageDriver,
  isTaken: (holder: Stored<Ticket>, write: Write) => boolean,
  { race = false }: { readonly race?: boolean } = {},
): StorageDriver => {
  const blind: StorageDriver = {
    ...driver,
    connect: ({ collections, format }) =>
      driver.connect({ format, collections: collections.map(({ unique: _, ...plan }) => plan) }),
  }
  return alter(
    blind,
    each(async (commit) => {
      const { write } = commit
      if (write.store === ticketDefinition.name && write.deleted !== true) {
        const { items } = await driver
          .collection(ticketDefinition)
          .list('system', { limit: 1_000, index: 'byTitle', equals: {}, order: 'asc' })
        const holder = items.find((stored) => !(stored.id === write.id && stored.team === write.team) && isTaken(stored, write))
        if (race) await pause()
        if (holder !== undefined) return { ok: false, reason: 'duplicate', current: holder }
      }
      return commitOne(driver, commit)
    }),
  )
}

const codeOf = (value: unknown): string | undefined => (value as Ticket | null)?.code
const sameCode = (holder: Stored<Ticket>, write: Write): boolean =>
  holder.team === write.team && codeOf(write.value) !== undefined && holder.value.code === codeOf(write.value)

/** Values that two records share, or that none may have. */
export const uniqueValueFaults: readonly Fault[] = [
  {
    breaks: 'unique values are not looked at',
    noticedBy: [
      'unique values: a second record with a unique value is a duplicate, shown its holder, and not written',
      'unique values: a replace may not take a value that is held either',
      'unique values: a record keeps its own value over a replace',
      'unique values: of racers for one value exactly one wins',
      'unique values: of writers who wait for a value to be free no two end up sharing it',
      'scope: what a duplicate shows is of the same team',
    ],
    wrap: () => (driver) => judging(driver, () => false),
  },
  {
    breaks: 'looking for a holder and writing are two steps: two racers share a value',
    noticedBy: [
      'unique values: of racers for one value exactly one wins',
      'unique values: of writers who wait for a value to be free no two end up sharing it',
    ],
    wrap: () => (driver) => judging(driver, sameCode, { race: true }),
  },
  {
    breaks: 'teams share unique values',
    noticedBy: [
      'unique values: teams do not share values',
      'scope: what a duplicate shows is of the same team',
      'scope: collection.list: a team sees its own, the system all',
    ],
    wrap: () => (driver) =>
      judging(driver, (holder, write) => codeOf(write.value) !== undefined && holder.value.code === codeOf(write.value)),
  },
  {
    breaks: 'no value is a value like any other',
    noticedBy: ['unique values: no value is no value: any number of records may have none'],
    wrap: () => (driver) =>
      judging(driver, (holder, write) => holder.team === write.team && holder.value.code === codeOf(write.value)),
  },
  {
    breaks: "an id stands in for no value and meets another record's value",
    noticedBy: ["unique values: a value may be another record's id, which stands in for no value"],
    wrap: () => (driver) =>
      judging(
        driver,
        (holder, write) => holder.team === write.team && (holder.value.code ?? holder.id) === (codeOf(write.value) ?? write.id),
      ),
  },
  {
    breaks: 'a value stays taken for ever',
    noticedBy: [
      'unique values: a value is free once its record has another, none, or is deleted',
      'expiry: an expired record makes room: its id may be inserted, its unique value is free',
    ],
    wrap: () => {
      const taken = new Map<string, string>()
      return (driver) =>
        alter(
          driver,
          each(async (commit) => {
            const code = codeOf(commit.write.value)
            const value = JSON.stringify([commit.write.team, code])
            const owner = taken.get(value)
            if (code !== undefined && owner !== undefined && owner !== commit.write.id) {
              return { ok: false, reason: 'duplicate', current: await currentOf(driver, { ...commit.write, id: owner }) }
            }
            const outcome = await commitOne(driver, commit)
            if (outcome.ok && code !== undefined) taken.set(value, commit.write.id)
            return outcome
          }),
        )
    },
  },
]
