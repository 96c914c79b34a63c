import { SightlineError } from '@sightline/core/protocol'
import {
  type DialectAdapter,
  DummyDriver,
  IdentifierNode,
  Kysely,
  type KyselyPlugin,
  OperationNodeTransformer,
  type PluginTransformQueryArgs,
  type QueryCompiler,
  type QueryId,
  type SchemableIdentifierNode,
} from 'kysely'
import type { Change } from './changes/change.ts'
import { isTable, type Schema } from './schema.ts'
import type { Script, Step } from './statement.ts'

/** Where the engines differ. Everything else is written once. */
export interface SqlDialect {
  readonly name: 'sqlite' | 'postgres'
  /** Builds and compiles queries over the prefixed tables; executes nothing. */
  readonly queries: Kysely<Schema>
  readonly tablePrefix: string
  /** Column types for the migrations. `text` orders by bytes. */
  readonly types: ColumnTypes
  /** Several writers at once: rows that a decision stands on are locked first. Where there is one writer at a time, nothing need be. */
  readonly locksRows: boolean
  /** Tables of what has a time are partitioned by it, as `partition-plan.ts` says. */
  readonly isPartitioned: boolean
  /** The numbers of rows that statements over many rows are compiled for. */
  readonly rowsPerStatement: readonly number[]
  /** A value may be an array, so that one statement takes any number of rows. */
  readonly takesArrays: boolean
  /** Makes the migrations of several processes wait for each other; null where every transaction does. */
  readonly migrationLock: Step | null
  /** Answers the same as long as nobody else has written; null where that cannot be known. */
  readonly changeCounter: Step | null
  /** Asks whether a table is there: answers with a row if so. */
  readonly findTable: (name: string) => Step
  /** Tells the change feed what a transaction has changed; null where there is no feed. */
  readonly announce: ((changes: readonly Change[]) => readonly Step[]) | null
  /** The channel that `announce` notifies on, as an expression; null where there is no feed. */
  readonly channel: string | null
}

interface ColumnTypes {
  /** A primary key that the engine hands out, growing. */
  readonly id: string
  readonly reference: string
  readonly revision: string
  readonly time: string
  readonly text: string
  readonly bytes: string
  /** What follows the definition of a table that is to be stored in the order of its primary key. */
  readonly clustered: string
}

/** The default of the option `tablePrefix`. */
export const defaultTablePrefix = 'sightline_'

/** @throws `INVALID_CONFIG` for a prefix that is not a plain SQL name of at most 32 characters. */
export const checkTablePrefix = (prefix: string): string => {
  if (/^[a-z_][a-z0-9_]{0,31}$/.test(prefix)) return prefix
  throw new SightlineError(
    'INVALID_CONFIG',
    `tablePrefix must be a small letter or underscore, then at most 31 small letters, digits and underscores; it is ${JSON.stringify(prefix)}.`,
  )
}

/** A Kysely that compiles and never executes. */
export const queryBuilder = (
  tablePrefix: string,
  { adapter, compiler }: { readonly adapter: DialectAdapter; readonly compiler: () => QueryCompiler },
): Kysely<Schema> =>
  new Kysely<Schema>({
    dialect: {
      createAdapter: () => adapter,
      createDriver: () => new DummyDriver(),
      createQueryCompiler: compiler,
      createIntrospector: () => {
        throw new SightlineError('UNSUPPORTED', 'This Kysely only compiles.')
      },
    },
    plugins: [prefixTables(tablePrefix)],
  })

const prefixTables = (prefix: string): KyselyPlugin => {
  const transformer = new PrefixTransformer(prefix)
  return {
    transformQuery: ({ node, queryId }: PluginTransformQueryArgs) => transformer.transformNode(node, queryId),
    transformResult: async ({ result }) => result,
  }
}

class PrefixTransformer extends OperationNodeTransformer {
  readonly #prefix: string

  constructor(prefix: string) {
    super()
    this.#prefix = prefix
  }

  protected override transformSchemableIdentifier(node: SchemableIdentifierNode, queryId: QueryId): SchemableIdentifierNode {
    const { name } = node.identifier
    if (!isTable(name)) return super.transformSchemableIdentifier(node, queryId)
    return { ...node, identifier: IdentifierNode.create(this.#prefix + name) }
  }
}

/** Within the transaction that changed them. */
export function* announce(dialect: SqlDialect, changes: readonly Change[]): Script<void> {
  if (dialect.announce === null || changes.length === 0) return
  for (const step of dialect.announce(changes)) yield step
}
