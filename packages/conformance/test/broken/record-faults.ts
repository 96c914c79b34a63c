import { randomUUID } from 'node:crypto'
import type { Stored } from '@sightline/core/ports'
import { ticketDefinition } from '../../src/storage/plan.ts'
import { commitOf } from '../../src/storage/writes.ts'
import { commitOne, currentOf, each } from './commit-wrapping.ts'
import { alter, type Fault, fault, pause } from './fault.ts'

/** Records by id: who wins, what is shown. */
export const recordFaults: readonly Fault[] = [
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
        commitOne(driver, commitOf({ ...write, expected: (await currentOf(driver, write))?.version ?? null }, ...then)),
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
        if (!isExpected || commit.write.store !== ticketDefinition.name) return commitOne(driver, commit)
        const now = await currentOf(driver, commit.write)
        return commitOne(driver, commitOf({ ...commit.write, expected: now?.version ?? null }, ...commit.then))
      }),
  ),

  fault(
    'a replace merges the old value and the new',
    ['collections: a write over the present version replaces the whole value, one revision on'],
    (driver) =>
      each(async ({ write, then }) => {
        const before = await currentOf(driver, write)
        return commitOne(
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
        commitOne(driver, commitOf({ ...write, at: (await currentOf(driver, write))?.at ?? write.at }, ...then)),
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
        return commitOne(driver, commitOf({ ...write, value }, ...then))
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
        each(({ write, then }) => commitOne(driver, commitOf({ ...write, writeId: randomUUID() }, ...then))),
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
          return commitOne(
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
        const outcome = await commitOne(driver, commitOf(write, ...then))
        if (outcome.ok || outcome.current !== null || write.expected === null) return outcome
        return {
          ...outcome,
          current: { id: write.id, team: write.team, version: write.expected, deleted: true, at: 0, value: null },
        }
      }),
  ),
]
