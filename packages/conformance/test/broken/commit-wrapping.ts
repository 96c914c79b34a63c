import type { Commit, Outcome, StorageDriver, Stored, Write } from '@sightline/core/ports'
import type { Changes } from './fault.ts'

export type Answer = Outcome<Stored<unknown>>

export const commitOne = async (driver: StorageDriver, commit: Commit): Promise<Answer> =>
  (await driver.commit([commit]))[0] as Answer

/** Commits one after another, each through the change. */
export const each = (change: (commit: Commit) => Promise<Answer>): Changes => ({
  commit: async (commits) => {
    const answers: Answer[] = []
    for (const commit of commits) answers.push(await change(commit))
    return answers
  },
})

export const currentOf = async (driver: StorageDriver, { store, team, id }: Write): Promise<Stored<unknown> | null> => {
  const [stored] = await driver.collection({ name: store, parse: (raw) => raw, indexes: {} }).load({ team }, [id])
  return stored ?? null
}
