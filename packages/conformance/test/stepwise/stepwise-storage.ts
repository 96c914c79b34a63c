import { type MemoryStore, memoryStorage } from '@sightline/core'
import type { Clock, Commit, Outcome, StorageDriver, Stored } from '@sightline/core/ports'

/** What a commit intends, until all of it is written. */
export type Journal = Map<string, Commit>

export interface StepwiseOptions {
  readonly store: MemoryStore
  readonly journal: Journal
  readonly clock: Clock
  /** Runs before every single write. One that never returns is a process that has died. */
  step(): Promise<void>
}

/**
 * A driver without transactions, as a document database might be: it writes one record at a time, what it intends first. It shows that
 * the recovery tests can be passed without transactions, and is broken to show that they fail where recovery does not do its work.
 */
export const stepwiseStorage = ({ store, journal, clock, step }: StepwiseOptions): StorageDriver => {
  const driver = memoryStorage({ store, clock })
  // Nothing that is written here is ever read: it refuses what is malformed before anything is begun.
  const rehearsal = memoryStorage({ clock })

  const writeOne = async (write: Commit['write']): Promise<Outcome<Stored<unknown>>> => {
    await step()
    const then: Commit['then'] = []
    return (await driver.commit([{ write, then }]))[0] as Outcome<Stored<unknown>>
  }

  const carryOut = async ({ write, then }: Commit): Promise<Outcome<Stored<unknown>>> => {
    const outcome = await writeOne(write)
    // An insert that is there already was written by whoever carried this out before.
    if (outcome.ok) for (const insert of then) await writeOne(insert)
    await step()
    journal.delete(nameOf({ write, then }))
    return outcome
  }

  const commitOne = async (commit: Commit): Promise<Outcome<Stored<unknown>>> => {
    await step()
    if (commit.then.length > 0) journal.set(nameOf(commit), commit)
    return carryOut(commit)
  }

  return {
    ...driver,
    name: 'stepwise',
    connect: async (plan) => {
      const capabilities = await driver.connect(plan)
      await rehearsal.connect(plan)
      return { ...capabilities, transactions: false }
    },
    commit: async (commits) => {
      await driver.ping()
      await rehearsal.commit(commits)
      const outcomes: Outcome<Stored<unknown>>[] = []
      for (const commit of commits) outcomes.push(await commitOne(commit))
      return outcomes
    },
    recover: async () => {
      await driver.recover()
      const begun = [...journal.values()]
      for (const commit of begun) await carryOut(commit)
      return begun.length
    },
  }
}

const nameOf = ({ write: { store, team, id, writeId } }: Commit): string => JSON.stringify([store, team, id, writeId])
