import { type Path, pathsOf, tupleKey } from '@sightline/core/driver'
import type { CollectionPlan } from '@sightline/core/ports'
import type { SqlDialect } from '../dialect.ts'
import { runOnce, runRows, type Script } from '../statement.ts'
import { fromStoredText, toStoredText } from '../stored-text.ts'
import { indexRows, uniqueRows } from './record-plan.ts'
import type { RecordStatements } from './record-statements.ts'

/** Records whose index rows are made in one step. */
const recordsPerStep = 500

/**
 * Notes the indexes of the plan, and builds those that are new over the records that are there. Indexes of other versions of the software
 * stay noted: whoever writes keeps them all, so that two versions can run side by side.
 */
export function* registerIndexes(
  dialect: SqlDialect,
  { statements, plans }: { readonly statements: RecordStatements; readonly plans: readonly CollectionPlan[] },
): Script<void> {
  const registered = new Map(
    (yield* loadRegistry(
      dialect,
      plans.map(({ name }) => name),
    )).map((each) => [each.name, each]),
  )
  for (const plan of plans) {
    const { paths = [], uniques = [] } = registered.get(plan.name) ?? {}
    const known = new Set(paths.map((path) => tupleKey(...path)))
    const newPaths = pathsOf(plan).filter((path) => !known.has(tupleKey(...path)))
    const newUniques = Object.keys(plan.unique ?? {}).filter((name) => !uniques.includes(name))
    if (registered.has(plan.name) && newPaths.length === 0 && newUniques.length === 0) continue
    yield* saveEntry(dialect, { name: plan.name, paths: [...paths, ...newPaths], uniques: [...uniques, ...newUniques] })
    const unique = Object.fromEntries(Object.entries(plan.unique ?? {}).filter(([name]) => newUniques.includes(name)))
    yield* build(dialect, statements, { plan: { ...plan, unique }, paths: newPaths })
  }
}

/** Is there nothing to register? */
export function* areRegistered(dialect: SqlDialect, plans: readonly CollectionPlan[]): Script<boolean> {
  const registered = new Map(
    (yield* loadRegistry(
      dialect,
      plans.map(({ name }) => name),
    )).map((each) => [each.name, each]),
  )
  return plans.every((plan) => {
    const entry = registered.get(plan.name)
    if (entry === undefined) return false
    const known = new Set(entry.paths.map((path) => tupleKey(...path)))
    return (
      pathsOf(plan).every((path) => known.has(tupleKey(...path))) &&
      Object.keys(plan.unique ?? {}).every((name) => entry.uniques.includes(name))
    )
  })
}

/** The paths that records of each collection are to be found by, whoever asked for them. */
export function* loadPaths(dialect: SqlDialect, stores: readonly string[]): Script<ReadonlyMap<string, readonly Path[]>> {
  return new Map((yield* loadRegistry(dialect, stores)).map(({ name, paths }) => [name, paths]))
}

interface RegistryEntry {
  readonly name: string
  readonly paths: readonly Path[]
  readonly uniques: readonly string[]
}

function* loadRegistry({ queries }: SqlDialect, names: readonly string[]): Script<readonly RegistryEntry[]> {
  if (names.length === 0) return []
  const rows = yield* runOnce(queries.selectFrom('collections').selectAll().where('name', 'in', names.map(toStoredText)))
  return rows.map(({ name, paths, uniques }) => ({
    name: fromStoredText(name),
    paths: JSON.parse(paths) as readonly Path[],
    uniques: JSON.parse(uniques) as readonly string[],
  }))
}

function* saveEntry({ queries }: SqlDialect, { name, paths, uniques }: RegistryEntry): Script<void> {
  const values = { paths: JSON.stringify(paths), uniques: JSON.stringify(uniques) }
  yield* runOnce(
    queries
      .insertInto('collections')
      .values({ name: toStoredText(name), ...values })
      .onConflict((conflict) => conflict.column('name').doUpdateSet(values)),
  )
}

interface Build {
  readonly plan: CollectionPlan
  readonly paths: readonly Path[]
}

function* build({ queries }: SqlDialect, statements: RecordStatements, { plan, paths }: Build): Script<void> {
  const inOrder = queries
    .selectFrom('records')
    .select(['team', 'id', 'value'])
    .where('store', '=', toStoredText(plan.name))
    .orderBy('team')
    .orderBy('id')
    .limit(recordsPerStep)
  for (let after: readonly [string, string] | null = null; ; ) {
    const start = after
    const rows: readonly { team: string; id: string; value: string | null }[] = yield* runOnce(
      start === null ? inOrder : inOrder.where(({ eb, refTuple, tuple }) => eb(refTuple('team', 'id'), '>', tuple(...start))),
    )
    const live = rows.flatMap(({ team, id, value }) =>
      value === null ? [] : [{ team, id, document: JSON.parse(value) as unknown }],
    )
    yield* runRows(
      statements.insertKeys,
      live.flatMap(({ team, id, document }) => indexRows(plan.name, paths, document).map((row) => ({ ...row, team, id }))),
    )
    yield* runRows(
      statements.keepUniques,
      live.flatMap(({ team, id, document }) => uniqueRows(plan, document).map((row) => ({ ...row, team, id }))),
    )
    const last = rows.at(-1)
    if (last === undefined || rows.length < recordsPerStep) return
    after = [last.team, last.id]
  }
}
