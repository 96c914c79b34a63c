import { checkName, tupleKey } from '@sightline/core/driver'
import { compareBytes, type SnapshotKey } from '@sightline/core/ports'
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

/** The keys, each once, in the one order in which everybody locks them, so that two processes do not wait for each other. */
export const distinctKeys = (keys: readonly SnapshotKey[]): readonly StoredKey[] => {
  if (keys.length === 1) return keys.map(toStoredKey)
  return [...new Map(keys.map(toStoredKey).map((key) => [targetKey(key), key])).values()].sort(compareKeys)
}

const compareKeys = (a: StoredKey, b: StoredKey): number =>
  compareBytes(a.team, b.team) || compareBytes(a.api, b.api) || compareBytes(a.source, b.source)

/**
 * The ids of the targets by `targetKey`, their rows on demand made where there is none, and locked where others could write at the same
 * time.
 */
export function* holdTargets(
  statements: SnapshotStatements,
  keys: readonly StoredKey[],
  { makeMissing }: { readonly makeMissing: boolean },
): Script<ReadonlyMap<string, number>> {
  const ids = yield* findIds(statements, keys)
  const missing = makeMissing ? keys.filter((key) => !ids.has(targetKey(key))) : []
  if (missing.length === 0) return ids
  yield* runRows(statements.insertTargets, missing)
  // One that another process made meanwhile is not among the inserted.
  for (const [key, id] of yield* findIds(statements, missing)) ids.set(key, id)
  return ids
}

function* findIds(statements: SnapshotStatements, keys: readonly StoredKey[]): Script<Map<string, number>> {
  const wanted = keys.map(({ team, api, source }, ord) => ({ team, api, source, ord }))
  const found = yield* runRows(statements.findIds, wanted)
  return new Map(found.map(({ ord, id }) => [targetKey(keys[ord] as StoredKey), id]))
}
