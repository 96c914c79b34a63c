import { checkWrite, tupleKey } from '@sightline/core/driver'
import type { Collection, CollectionDefinition, CollectionPlan, Commit, Outcome, Stored, Write } from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'
import type { StoreAccess } from '../store-access.ts'
import { commitRecords } from './commit-records.ts'
import { uniqueRows } from './record-plan.ts'
import { recordStatements } from './record-statements.ts'
import { sqlCollection } from './sql-collection.ts'

/** The records of all collections. */
export interface RecordStore {
  collection<T>(definition: CollectionDefinition<T>): Collection<T>
  commit(commits: readonly Commit[]): Promise<readonly Outcome<Stored<unknown>>[]>
}

/** `plan` throws `INVALID_INPUT` for a collection that `connect` was not told of. */
export const sqlRecords = (access: StoreAccess, plan: (store: string) => CollectionPlan): RecordStore => {
  const { dialect, queue, now, newEpoch } = access
  const statements = recordStatements(dialect)

  const lane = queue.lane(function* (requests: readonly (readonly Commit[])[]) {
    let outcomes = yield* commitRecords({ dialect, statements, plan, now: now(), newEpoch }, requests.flat())
    return requests.map((commits) => {
      const own = outcomes.slice(0, commits.length)
      outcomes = outcomes.slice(commits.length)
      return own
    })
  })

  return {
    collection: (definition) => sqlCollection({ access, statements, plan, definition }),
    commit: async (commits) => {
      const checked = commits.map((commit) => checkCommit(commit, plan))
      const weight = checked.reduce((sum, { then }) => sum + 1 + then.length, 0)
      return weight === 0 ? [] : lane.submit(checked, weight)
    },
  }
}

/** The commit with its values as they are now: the caller may go on changing them while it waits for its turn. */
const checkCommit = ({ write, then }: Commit, plan: (store: string) => CollectionPlan): Commit => {
  const checked = { write: checkPlanned(write, plan), then: then.map((insert) => checkPlanned(insert, plan)) }
  const uniques = [checked.write, ...checked.then].flatMap(({ store, team, value, deleted }) =>
    deleted === true ? [] : uniqueRows(plan(store), value).map((unique) => tupleKey(unique.path, team, unique.value)),
  )
  if (new Set(uniques).size < uniques.length) {
    throw new SightlineError('INVALID_INPUT', `A commit to ${write.store} gives one unique value to two records.`)
  }
  return checked
}

const checkPlanned = <W extends Write>(write: W, plan: (store: string) => CollectionPlan): W => {
  plan(write.store)
  return checkWrite(write)
}
