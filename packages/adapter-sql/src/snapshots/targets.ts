import type { SnapshotKey } from '@sightline/core/ports'
import type { SqlDialect } from '../dialect.ts'
import { checkName, tupleKey } from '../names.ts'
import { runRows, type Script } from '../statement.ts'
import { toStoredText } from '../stored-text.ts'
import type { SnapshotStatements, StoredKey } from './snapshot-statements.ts'

/** @throws `INVALID_INPUT` */
export const checkKey = ({ team, api, region }: SnapshotKey): void => {
  checkName('team', team)
  checkName('api', api)
  checkName('region', region)
}

export const toStoredKey = ({ team, api, region }: SnapshotKey): StoredKey => ({
  team: toStoredText(team),
  api: toStoredText(api),
  source: toStoredText(region),
})

export const targetKey = ({ team, api, source }: StoredKey): string => tupleKey(team, api, source)

/** The keys, each once. */
export const distinctKeys = (keys: readonly SnapshotKey[]): readonly StoredKey[] => {
  if (keys.length === 1) return keys.map(toStoredKey)
  return [...new Map(keys.map(toStoredKey).map((key) => [targetKey(key), key])).values()]
}

/**
 * The rows of the targets, on demand made where there is none, and locked where others could write at the same time, in one order for everybody so
 * that two processes do not wait for each other.
 */
export function* holdTargets(
  dialect: SqlDialect,
  statements: SnapshotStatements,
  keys: readonly StoredKey[],
  { makeMissing }: { readonly makeMissing: boolean },
): Script<ReadonlyMap<string, number>> {
  const ids = yield* findIds(statements, keys)
  const missing = makeMissing ? keys.filter((key) => !ids.has(targetKey(key))) : []
  if (missing.length > 0) {
    yield* insertTargets(statements, missing)
    // One that another process made meanwhile is not among the inserted.
    for (const [key, id] of yield* findIds(statements, missing)) ids.set(key, id)
  }
  if (dialect.locksRows) {
    const inOrder = [...ids.values()].sort((a, b) => a - b)
    yield* runRows(
      statements.lockTargets,
      inOrder.map((id) => ({ id })),
    )
  }
  return ids
}

/** The ids of the targets that were not there. */
export function* insertTargets(
  statements: SnapshotStatements,
  keys: readonly StoredKey[],
): Script<readonly (StoredKey & { readonly id: number })[]> {
  const inOrder = keys.map((key) => ({ key, name: targetKey(key) })).sort((a, b) => (a.name < b.name ? -1 : 1))
  return yield* runRows(
    statements.insertTargets,
    inOrder.map(({ key }) => key),
  )
}

function* findIds(statements: SnapshotStatements, keys: readonly StoredKey[]): Script<Map<string, number>> {
  const wanted = keys.map((key, ord) => ({ ...key, ord }))
  const found = yield* runRows(statements.findIds, wanted)
  return new Map(found.map(({ ord, id }) => [targetKey(keys[ord] as StoredKey), id]))
}
