import { checkWrite, tupleKey } from '@sightline/core/driver'
import type { Collection, CollectionDefinition, Commit, Outcome, Stored, Write } from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'
import type { StoreAccess } from '../store-access.ts'
import { commitRecord } from './commit-records.ts'
import { mongoCollection } from './mongo-collection.ts'
import { heldFields } from './unique-values.ts'

/** The records of all collections. */
export interface RecordStore {
  collection<T>(definition: CollectionDefinition<T>): Collection<T>
  commit(commits: readonly Commit[]): Promise<readonly Outcome<Stored<unknown>>[]>
}

/** Fewer than the connections of the pool, so that a large call does not keep others waiting. */
const mostAtOnce = 8

export const mongoRecords = (access: StoreAccess): RecordStore => ({
  collection: (definition) => mongoCollection(access, definition),

  commit: async (commits) => {
    const checked = commits.map((commit) => checkCommit(access, commit))
    const outcomes: Outcome<Stored<unknown>>[] = []
    // Those that touch one record or one unique value are decided in their order; the others side by side.
    for (const group of groupsApart(checked, (commit) => touched(access, commit))) {
      await Promise.all(
        group.map(async ({ commit, place }) => {
          outcomes[place] = await commitRecord(access, commit)
        }),
      )
    }
    return outcomes
  },
})

interface PlacedCommit {
  readonly commit: Commit
  readonly place: number
}

/** In their order, cut wherever one touches what another of the group does. */
function* groupsApart(
  commits: readonly Commit[],
  touchedBy: (commit: Commit) => readonly string[],
): Generator<readonly PlacedCommit[]> {
  let group: PlacedCommit[] = []
  let taken = new Set<string>()
  for (const [place, commit] of commits.entries()) {
    const touches = touchedBy(commit)
    if (group.length === mostAtOnce || touches.some((name) => taken.has(name))) {
      yield group
      group = []
      taken = new Set()
    }
    group.push({ commit, place })
    for (const name of touches) taken.add(name)
  }
  if (group.length > 0) yield group
}

const touched = (access: StoreAccess, { write, then }: Commit): readonly string[] =>
  [write, ...then].flatMap((each) => [
    tupleKey(each.store, each.team, each.id),
    ...(each.deleted === true
      ? []
      : heldFields(access.plan(each.store), each).map(([field, value]) => tupleKey(each.store, field, value))),
  ])

/** The commit with its values as they are now: the caller may go on changing them while it waits for its turn. */
const checkCommit = (access: StoreAccess, { write, then }: Commit): Commit => {
  const checked = { write: checkPlanned(access, write), then: then.map((insert) => checkPlanned(access, insert)) }
  const uniques = [checked.write, ...checked.then].flatMap((each) =>
    each.deleted === true
      ? []
      : heldFields(access.plan(each.store), each).map(([field, value]) => tupleKey(each.store, field, value)),
  )
  if (new Set(uniques).size < uniques.length) {
    throw new SightlineError('INVALID_INPUT', `A commit to ${write.store} gives one unique value to two records.`)
  }
  return checked
}

const checkPlanned = <W extends Write>({ plan }: StoreAccess, write: W): W => {
  plan(write.store)
  return checkWrite(write)
}
