import { randomUUID } from 'node:crypto'
import type { Commit, Outcome, StorageDriver, Stored, Write } from '@sightline/core/ports'
import { noteDefinition, type Ticket, ticketDefinition } from '../../src/storage/plan.ts'
import { commitOf } from '../../src/storage/writes.ts'
import { alter, type Changes, type Fault, fault, pause } from './fault.ts'

type Answer = Outcome<Stored<unknown>>

const one = async (driver: StorageDriver, commit: Commit): Promise<Answer> => (await driver.commit([commit]))[0] as Answer

/** Commits one after another, each through the change. */
const each = (change: (commit: Commit) => Promise<Answer>): Changes => ({
  commit: async (commits) => {
    const answers: Answer[] = []
    for (const commit of commits) answers.push(await change(commit))
    return answers
  },
})

const currentOf = async (driver: StorageDriver, { store, team, id }: Write): Promise<Stored<unknown> | null> => {
  const [stored] = await driver.collection({ name: store, parse: (raw) => raw, indexes: {} }).load({ team }, [id])
  return stored ?? null
}

const insertOf = (write: Write, value: unknown): Write & { readonly expected: null } => ({
  ...write,
  expected: null,
  writeId: randomUUID(),
  value,
})

/** Records by id: who wins, what is shown. */
const writeFaults: readonly Fault[] = [
  fault(
    'the last writer of a record wins',
    [
      'collections: a write against another version conflicts, shows what stands there and changes nothing',
      'tombstones: a deletion against another version conflicts and deletes nothing',
      'commits: several commits of one record in a call are decided in their order',
      'commits: what follows a write that lost is not written',
    ],
    (driver) =>
      each(async ({ write, then }) =>
        one(driver, commitOf({ ...write, expected: (await currentOf(driver, write))?.version ?? null }, ...then)),
      ),
  ),

  fault(
    'comparing and setting a record are two steps: two racers win',
    ['collections: of racers over one version exactly one wins'],
    (driver) =>
      each(async (commit) => {
        const before = await currentOf(driver, commit.write)
        await pause()
        const isExpected =
          before?.version.revision === commit.write.expected?.revision && before?.version.epoch === commit.write.expected?.epoch
        if (!isExpected || commit.write.store !== ticketDefinition.name) return one(driver, commit)
        const now = await currentOf(driver, commit.write)
        return one(driver, commitOf({ ...commit.write, expected: now?.version ?? null }, ...commit.then))
      }),
  ),

  fault(
    'a replace merges the old value and the new',
    ['collections: a write over the present version replaces the whole value, one revision on'],
    (driver) =>
      each(async ({ write, then }) => {
        const before = await currentOf(driver, write)
        return one(
          driver,
          commitOf({ ...write, value: { ...(before?.value as object | undefined), ...(write.value as object) } }, ...then),
        )
      }),
  ),

  fault(
    'the time of a write is that of the insert',
    ['collections: a write over the present version replaces the whole value, one revision on'],
    (driver) =>
      each(async ({ write, then }) =>
        one(driver, commitOf({ ...write, at: (await currentOf(driver, write))?.at ?? write.at }, ...then)),
      ),
  ),

  fault(
    'a record that is not there loads as an empty one',
    [
      'collections: a record that was never written loads as null',
      'tombstones: a deleted record is gone from loads and lists and stays in heads, one revision on',
      'expiry: an expired record is in no load, no list and no heads',
      "scope: a record of another team loads as null, and is no team's to overwrite",
    ],
    () => ({
      collection: (collection) => ({
        load: async (scope, ids) =>
          (await collection.load(scope, ids)).map(
            (stored, index) =>
              stored ?? { id: ids[index] ?? '', team: '', version: { epoch: '', revision: 0 }, at: 0, value: {} as never },
          ),
      }),
    }),
  ),

  fault(
    'records load in an order of their own',
    ['collections: load answers in the order of the ids, repeated ones too'],
    () => ({
      collection: (collection) => ({
        load: async (scope, ids) =>
          (await collection.load(scope, ids)).toSorted((a, b) => ((a?.id ?? '') < (b?.id ?? '') ? -1 : 1)),
      }),
    }),
  ),

  fault(
    'fields that the definition does not know are left out',
    ['collections: a record is read through its definition, and keeps what that does not know'],
    (driver) =>
      each(({ write, then }) => {
        const known = ['title', 'state', 'priority', 'queue', 'code', 'expiresAt', 'extra', 'text', 'of']
        const value = Object.fromEntries(Object.entries((write.value ?? {}) as object).filter(([name]) => known.includes(name)))
        return one(driver, commitOf({ ...write, value }, ...then))
      }),
  ),

  {
    breaks: 'records are read without their definition',
    noticedBy: ['collections: a record is read through its definition, and keeps what that does not know'],
    wrap: () => (driver) => ({
      ...driver,
      collection: (definition) => driver.collection({ ...definition, parse: (raw) => raw as never }),
    }),
  },

  fault(
    'a listing leaves values out',
    [
      'indexes: a listing carries what a load does',
      'collections: a record is read through its definition, and keeps what that does not know',
    ],
    () => ({
      collection: (collection) => ({
        list: async (scope, query) => {
          const { items, next } = await collection.list(scope, query)
          return {
            items: items.map((stored) => ({
              ...stored,
              value: { ...stored.value, extra: undefined, addedByANewerVersion: undefined },
            })),
            next,
          }
        },
      }),
    }),
  ),

  {
    breaks: 'stored values are shared with whoever wrote or read them',
    noticedBy: ['collections: nobody changes a stored value by changing what was written or read'],
    wrap: () => {
      const values = new Map<string, unknown>()
      const key = ({ team, id, version }: Stored<unknown>): string => JSON.stringify([team, id, version])
      return (driver) =>
        alter(driver, {
          commit: async (commits) => {
            const outcomes = await driver.commit(commits)
            for (const [index, outcome] of outcomes.entries())
              if (outcome.ok) values.set(key(outcome.record), commits[index]?.write.value)
            return outcomes
          },
          collection: (collection) => ({
            load: async (scope, ids) =>
              (await collection.load(scope, ids)).map((stored) =>
                stored === null ? null : { ...stored, value: (values.get(key(stored)) ?? stored.value) as never },
              ),
          }),
        })
    },
  },

  {
    breaks: 'writeIds of commits are forgotten',
    noticedBy: [
      'unknown outcomes: a repeated commit answers as the first did and writes nothing',
      'unknown outcomes: a commit that is repeated at the same time writes once',
      'unknown outcomes: a record remembers its last eight writes and its insert',
      'unknown outcomes: a repeated deletion answers as the first did',
      'unknown outcomes: a process that starts anew remembers what others wrote',
      'recovery: writes that were repeated after a death are there once',
    ],
    wrap: () => (driver) =>
      alter(
        driver,
        each(({ write, then }) => one(driver, commitOf({ ...write, writeId: randomUUID() }, ...then))),
      ),
  },

  {
    breaks: 'an insert that is repeated after a deletion brings the record back',
    noticedBy: ['unknown outcomes: an insert that is repeated after the record was deleted does not bring it back'],
    wrap: () => (driver) =>
      alter(
        driver,
        each(async ({ write, then }) => {
          const current = await currentOf(driver, write)
          return one(
            driver,
            commitOf(current === null && write.expected === null ? { ...write, writeId: randomUUID() } : write, ...then),
          )
        }),
      ),
  },

  fault(
    'a deletion takes the head along',
    ['tombstones: a deleted record is gone from loads and lists and stays in heads, one revision on'],
    () => ({
      collection: (collection) => ({
        heads: async (scope, page) => {
          const { items, next } = await collection.heads(scope, page)
          return { items: items.filter(({ deleted }) => deleted !== true), next }
        },
      }),
    }),
  ),

  fault(
    'a deletion is answered without its mark',
    ['tombstones: a deleted record is gone from loads and lists and stays in heads, one revision on'],
    (driver) => ({
      commit: async (commits) =>
        (await driver.commit(commits)).map((outcome) => {
          if (!outcome.ok) return outcome
          const { deleted: _, ...record } = outcome.record
          return { ok: true, record }
        }),
    }),
  ),

  fault(
    'what is deleted is shown as what stands there',
    ['tombstones: what is deleted conflicts with nothing', 'expiry: an expired record is not what stands there'],
    (driver) =>
      each(async ({ write, then }) => {
        const outcome = await one(driver, commitOf(write, ...then))
        if (outcome.ok || outcome.current !== null || write.expected === null) return outcome
        return {
          ...outcome,
          current: { id: write.id, team: write.team, version: write.expected, deleted: true, at: 0, value: null },
        }
      }),
  ),
]

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
      return one(driver, commit)
    }),
  )
}

const codeOf = (value: unknown): string | undefined => (value as Ticket | null)?.code
const sameCode = (holder: Stored<Ticket>, write: Write): boolean =>
  holder.team === write.team && codeOf(write.value) !== undefined && holder.value.code === codeOf(write.value)

const uniqueFaults: readonly Fault[] = [
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
            const outcome = await one(driver, commit)
            if (outcome.ok && code !== undefined) taken.set(value, commit.write.id)
            return outcome
          }),
        )
    },
  },
]

const commitFaults: readonly Fault[] = [
  fault(
    'what follows a write is lost',
    [
      'commits: what follows a write that won is there with it',
      'commits: what follows a replace or a deletion is there with it',
      'commits: an insert that is there already was written by an earlier try and is left alone',
      'commits: a reader never sees a write without what follows it',
      'scope: what follows a write goes to the team it names',
      'unknown outcomes: a repeated commit answers as the first did and writes nothing',
      'recovery: killed between any two steps: nothing acknowledged is lost, nothing stays half done',
      'recovery: killed with SIGKILL while it writes: nothing acknowledged is lost, nothing stays half done',
      'recovery: recover may run at any time, from several processes, while others write',
      'recovery: writes that were repeated after a death are there once',
    ],
    (driver) => each(({ write }) => one(driver, commitOf(write))),
  ),
  fault(
    'what follows a write that lost is written all the same',
    [
      'commits: what follows a write that lost is not written',
      'unique values: a second record with a unique value is a duplicate, shown its holder, and not written',
    ],
    (driver) =>
      each(async (commit) => {
        const outcome = await one(driver, commit)
        if (!outcome.ok) for (const insert of commit.then) await one(driver, commitOf(insert))
        return outcome
      }),
  ),
  fault('what follows a write is written after it', ['commits: a reader never sees a write without what follows it'], (driver) =>
    each(async ({ write, then }) => {
      const outcome = await one(driver, commitOf(write))
      for (let turn = 0; turn < 3; turn++) await pause()
      if (outcome.ok) for (const insert of then) await one(driver, commitOf(insert))
      return outcome
    }),
  ),
  fault(
    'what an earlier try has inserted is inserted again',
    ['commits: an insert that is there already was written by an earlier try and is left alone'],
    (driver) =>
      each(async ({ write, then }) => {
        const outcome = await one(driver, commitOf(write))
        if (!outcome.ok) return outcome
        for (const insert of then) {
          const current = await currentOf(driver, insert)
          await one(driver, commitOf(current === null ? insert : { ...insert, expected: current.version }))
        }
        return outcome
      }),
  ),
  fault('a commit answers with what follows the write', ['commits: what follows a write that won is there with it'], (driver) =>
    each(async (commit) => {
      const outcome = await one(driver, commit)
      const [first] = commit.then
      const followed = first === undefined ? null : await currentOf(driver, first)
      return outcome.ok && followed !== null ? { ok: true, record: followed } : outcome
    }),
  ),
  fault(
    'what follows a write goes to the team of the write',
    ['scope: what follows a write goes to the team it names'],
    (driver) =>
      each(({ write, then }) => one(driver, commitOf(write, ...then.map((insert) => ({ ...insert, team: write.team }))))),
  ),
  fault(
    'answers to commits come in another order',
    [
      'commits: each commit of a call stands alone, answers in their order',
      'commits: several commits of one record in a call are decided in their order',
    ],
    (driver) => ({
      commit: async (commits) => (await driver.commit(commits)).toReversed(),
    }),
  ),
  fault(
    'one commit that lost ends the call',
    ['commits: each commit of a call stands alone, answers in their order'],
    (driver) => ({
      commit: async (commits) => {
        const answers: Answer[] = []
        for (const commit of commits) {
          const outcome = await one(driver, commit)
          answers.push(outcome)
          if (!outcome.ok) return answers
        }
        return answers
      },
    }),
  ),
  fault(
    'one malformed commit is left out, the rest of the call is written',
    ['commits: a call with a malformed commit is refused whole'],
    (driver) => each((commit) => one(driver, commit)),
  ),
  fault(
    'recover always has something to do',
    [
      'commits: recover has nothing to do where nothing was left half done',
      'recovery: killed between any two steps: nothing acknowledged is lost, nothing stays half done',
    ],
    () => ({
      recover: async () => 1,
    }),
  ),
  fault(
    'recover throws away what it does not know',
    ['recovery: recover may run at any time, from several processes, while others write'],
    (driver) => ({
      recover: async () => {
        const notes = driver.collection(noteDefinition)
        const { items } = await notes.heads('system', { limit: 100 })
        for (const { id, team, version } of items.slice(-1)) {
          await one(
            driver,
            commitOf({
              ...insertOf({ store: noteDefinition.name, id, team, expected: null, writeId: '', at: 0, value: null }, null),
              expected: version,
              deleted: true,
            }),
          )
        }
        await notes.prune({ before: Number.MAX_SAFE_INTEGER, limit: 100 })
        return 0
      },
    }),
  ),
]

const expiryFaults: readonly Fault[] = [
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
          return one(
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

/** Records, what follows them, and when they end. */
export const recordFaults: readonly Fault[] = [...writeFaults, ...uniqueFaults, ...commitFaults, ...expiryFaults]
