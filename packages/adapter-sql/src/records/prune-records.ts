import type { CollectionPlan } from '@sightline/core/ports'
import type { SqlDialect } from '../dialect.ts'
import { runOnce, runRows, type Script } from '../statement.ts'
import { toStoredText } from '../stored-text.ts'
import { loadPaths } from './index-registry.ts'
import { indexRows, uniqueRows } from './record-plan.ts'
import type { RecordStatements } from './record-statements.ts'

interface PruneRequest {
  readonly statements: RecordStatements
  readonly plan: CollectionPlan
  readonly before: number
  readonly limit: number
  readonly now: number
}

/** Forgets tombstones and expired records, those that ended first first. Answers with their number. */
export function* pruneRecords(dialect: SqlDialect, { statements, plan, before, limit, now }: PruneRequest): Script<number> {
  const { queries } = dialect
  const store = toStoredText(plan.name)
  const doomed = queries
    .selectFrom('records')
    .select(['team', 'id'])
    .where('store', '=', store)
    .where('ends_at', '<', before)
    .where(({ or, eb }) => or([eb('value', 'is', null), eb('ends_at', '<=', now)]))
    .orderBy('ends_at')
    .orderBy('team')
    .orderBy('id')
    .limit(limit)
  const forgotten = yield* runOnce(
    queries
      .deleteFrom('records')
      .where('store', '=', store)
      .where(({ refTuple }) => refTuple('team', 'id'), 'in', doomed.$asTuple('team', 'id'))
      .returning(['team', 'id', 'value']),
  )
  const expired = forgotten.flatMap(({ team, id, value }) =>
    value === null ? [] : [{ owner: { team, id }, document: JSON.parse(value) as unknown }],
  )
  if (expired.length > 0) {
    const paths = (yield* loadPaths(dialect, [plan.name])).get(plan.name) ?? []
    yield* runRows(
      statements.deleteKeys,
      expired.flatMap(({ owner, document }) => indexRows(plan.name, paths, document).map((row) => ({ ...row, ...owner }))),
    )
    yield* runRows(
      statements.deleteUniques,
      expired.flatMap(({ owner, document }) => uniqueRows(plan, document).map((row) => ({ ...row, ...owner }))),
    )
  }
  return forgotten.length
}
