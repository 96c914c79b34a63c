import { randomUUID } from 'node:crypto'
import type { Write } from '@sightline/core/ports'
import { noteDefinition } from '../../src/storage/plan.ts'
import { commitOf } from '../../src/storage/writes.ts'
import { type Answer, commitOne, currentOf, each } from './commit-wrapping.ts'
import { type Fault, fault, pause } from './fault.ts'

const insertOf = (write: Write, value: unknown): Write & { readonly expected: null } => ({
  ...write,
  expected: null,
  writeId: randomUUID(),
  value,
})

/** What follows a write, lost or too early. */
export const commitFaults: readonly Fault[] = [
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
    (driver) => each(({ write }) => commitOne(driver, commitOf(write))),
  ),
  fault(
    'what follows a write that lost is written all the same',
    [
      'commits: what follows a write that lost is not written',
      'unique values: a second record with a unique value is a duplicate, shown its holder, and not written',
    ],
    (driver) =>
      each(async (commit) => {
        const outcome = await commitOne(driver, commit)
        if (!outcome.ok) for (const insert of commit.then) await commitOne(driver, commitOf(insert))
        return outcome
      }),
  ),
  fault('what follows a write is written after it', ['commits: a reader never sees a write without what follows it'], (driver) =>
    each(async ({ write, then }) => {
      const outcome = await commitOne(driver, commitOf(write))
      for (let turn = 0; turn < 3; turn++) await pause()
      if (outcome.ok) for (const insert of then) await commitOne(driver, commitOf(insert))
      return outcome
    }),
  ),
  fault(
    'what an earlier try has inserted is inserted again',
    ['commits: an insert that is there already was written by an earlier try and is left alone'],
    (driver) =>
      each(async ({ write, then }) => {
        const outcome = await commitOne(driver, commitOf(write))
        if (!outcome.ok) return outcome
        for (const insert of then) {
          const current = await currentOf(driver, insert)
          await commitOne(driver, commitOf(current === null ? insert : { ...insert, expected: current.version }))
        }
        return outcome
      }),
  ),
  fault('a commit answers with what follows the write', ['commits: what follows a write that won is there with it'], (driver) =>
    each(async (commit) => {
      const outcome = await commitOne(driver, commit)
      const [first] = commit.then
      const followed = first === undefined ? null : await currentOf(driver, first)
      return outcome.ok && followed !== null ? { ok: true, record: followed } : outcome
    }),
  ),
  fault(
    'what follows a write goes to the team of the write',
    ['scope: what follows a write goes to the team it names'],
    (driver) =>
      each(({ write, then }) => commitOne(driver, commitOf(write, ...then.map((insert) => ({ ...insert, team: write.team }))))),
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
          const outcome = await commitOne(driver, commit)
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
    (driver) => each((commit) => commitOne(driver, commit)),
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
          await commitOne(
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
