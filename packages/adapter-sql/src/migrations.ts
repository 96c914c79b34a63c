import type { StoragePlan } from '@sightline/core/ports'
import { SightlineError } from '@sightline/core/protocol'
import type { SqlDialect } from './dialect.ts'
import { versionOne } from './schema-version-1.ts'
import { versionTwo } from './schema-version-2.ts'
import { versionThree } from './schema-version-3.ts'
import { versionFour } from './schema-version-4.ts'
import { versionFive } from './schema-version-5.ts'
import { runOnce, type Script, type Step } from './statement.ts'

/** How each version of the tables is made from the one before: statements, or a script where these do not do. */
type Version = (dialect: SqlDialect) => readonly string[] | Script<void>

/** Oldest first. A published one never changes; a change is a new one at the end. */
const versions: readonly Version[] = [versionOne, versionTwo, versionThree, versionFour, versionFive]

/**
 * Brings the tables to the version of this software and records the format; run it in a transaction. Several processes may: the first
 * does the work, the others find it done. What is newer than this software reads is left alone.
 *
 * @throws `INCOMPATIBLE` where the tables or the format are too new.
 */
export function* migrate(dialect: SqlDialect, format: StoragePlan['format']): Script<void> {
  if (dialect.migrationLock !== null) yield dialect.migrationLock
  const facts = yield* loadFacts(dialect)
  if (isCurrent(facts, format)) return
  if (facts.schema > versions.length) {
    throw new SightlineError(
      'INCOMPATIBLE',
      `The tables of the store have version ${facts.schema}; this software knows up to ${versions.length}. Upgrade it.`,
    )
  }
  if (facts.format !== null && facts.format > format.reads) {
    throw new SightlineError(
      'INCOMPATIBLE',
      `The store has format ${facts.format}; this software reads up to ${format.reads}. Upgrade it.`,
    )
  }
  for (const version of versions.slice(facts.schema)) yield* apply(version(dialect))
  yield* record(dialect, 'schema', versions.length)
  if (facts.format === null || facts.format < format.writes) yield* record(dialect, 'format', format.writes)
}

/** Is there nothing to migrate? A look without a lock, so that a store that another process writes to opens at once. */
export function* isMigrated(dialect: SqlDialect, format: StoragePlan['format']): Script<boolean> {
  return isCurrent(yield* loadFacts(dialect), format)
}

/** `schema` 0 is an empty database. */
interface Facts {
  readonly schema: number
  readonly format: number | null
}

function* loadFacts(dialect: SqlDialect): Script<Facts> {
  const found = yield dialect.findTable(`${dialect.tablePrefix}store`)
  if (found.length === 0) return { schema: 0, format: null }
  const rows = yield* runOnce(dialect.queries.selectFrom('store').select(['name', 'value']))
  const facts = new Map(rows.map(({ name, value }) => [name, Number(value)]))
  return { schema: facts.get('schema') ?? 0, format: facts.get('format') ?? null }
}

const isCurrent = ({ schema, format: stored }: Facts, format: StoragePlan['format']): boolean =>
  schema === versions.length && stored !== null && stored >= format.writes && stored <= format.reads

function* record({ queries }: SqlDialect, name: string, value: number): Script<void> {
  yield* runOnce(
    queries
      .insertInto('store')
      .values({ name, value: String(value) })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: String(value) })),
  )
}

function* apply(work: readonly string[] | Script<void>): Script<void> {
  if ('next' in work) yield* work
  else for (const statement of work) yield toStep(statement)
}

const toStep = (statement: string): Step => ({ sql: statement, values: [], reusable: false })
