import type { Op } from '../protocol/contract.ts'
import type { Schema, SchemaInput, SchemaOutput } from '../protocol/standard-schema.ts'
import type { OperationContext } from './operation-context.ts'

/** Where REST serves an operation, below the server's prefix: `:name` takes a field of the input. Default: `POST /operations/<name>`. */
export interface HttpMapping {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: `/${string}`
}

/** What a kept answer depends on beside team, operation and input, and for how long it is kept, in ms. */
export interface CachedUnder {
  readonly under: string
  readonly ttlMs?: number
}

/** One operation, as its author writes it. Sightline validates, authorises, scopes, audits and serves it everywhere. */
export interface OperationDefinition<S extends Schema, R extends Schema> {
  /** `<noun>:<verb>`, as in `metrics:view`. */
  readonly permission: string
  /** One line for the reference and OpenAPI. */
  readonly summary?: string
  /** What a caller sends; a Standard Schema. What does not fit is answered with `INVALID_INPUT` before `handle` is called. */
  readonly input: S
  /** What `handle` gives; a Standard Schema. What does not fit is a fault of the operation: the caller sees `INTERNAL`. */
  readonly output: R
  readonly http?: HttpMapping
  handle(input: SchemaOutput<S>, context: OperationContext): SchemaInput<R> | Promise<SchemaInput<R>>
  /**
   * For queries: may the answer be kept for others of the team who ask the same, in the configuration's `cache`? `under` is what else the answer
   * depends on (a revision, say): once that is another, what was kept is not found any more. `ttlMs` is how long it is kept, default an hour.
   * null: not this one. Default: never. Its `handle` must not depend on who asks.
   */
  cached?(
    input: SchemaOutput<S>,
    context: Pick<OperationContext, 'team' | 'now'>,
  ): CachedUnder | null | Promise<CachedUnder | null>
  /**
   * What is likely to be asked soon after a start, the most likely first: a Sightline with a `cache` has these answers made before anybody waits
   * for them. Only beside `cached`. Default: nothing.
   */
  likely?(): Iterable<{ readonly team: string; readonly input: SchemaInput<S> }>
}

/** An operation as the registry keeps it. */
export interface Operation<Kind extends OperationKind = OperationKind> {
  readonly kind: Kind
  readonly permission: string
  readonly summary: string
  readonly input: Schema
  readonly output: Schema
  readonly http: HttpMapping | null
  handle(input: unknown, context: OperationContext): unknown
  /** Null where no answer of it is kept. */
  readonly cached: ((input: unknown, context: Pick<OperationContext, 'team' | 'now'>) => Promise<CachedUnder | null>) | null
  readonly likely: (() => Iterable<{ readonly team: string; readonly input: unknown }>) | null
}

/** A `query` reads and may be repeated at will; a `mutation` changes something, and is done once for each idempotency key. */
export type OperationKind = 'query' | 'mutation'

/**
 * Reads and changes nothing.
 *
 * @example
 * const latest = defineQuery({ permission: 'deploys:view', input: z.object({ service: z.string() }), output: Deploy,
 *   handle: ({ service }) => load(service) })
 */
export const defineQuery = <S extends Schema, R extends Schema>(
  definition: OperationDefinition<S, R>,
): Op<'query', SchemaInput<S>, SchemaOutput<R>> & Operation<'query'> => toOperation('query', definition)

/**
 * Changes something. Takes an idempotency key, and leaves an audit event for what it writes through `context.commit`.
 *
 * @example
 * const record = defineMutation({ permission: 'deploys:write', input: NewDeploy, output: Deploy,
 *   handle: (input, { principal }) => save(input, principal) })
 */
export const defineMutation = <S extends Schema, R extends Schema>(
  definition: OperationDefinition<S, R>,
): Op<'mutation', SchemaInput<S>, SchemaOutput<R>> & Operation<'mutation'> => toOperation('mutation', definition)

const toOperation = <K extends OperationKind, S extends Schema, R extends Schema>(
  kind: K,
  { permission, summary = '', input, output, http, handle, cached, likely }: OperationDefinition<S, R>,
): Op<K, SchemaInput<S>, SchemaOutput<R>> & Operation<K> => {
  const operation: Operation<K> = {
    kind,
    permission,
    summary,
    input,
    output,
    http: http ?? null,
    handle: (value, context) => handle(value as SchemaOutput<S>, context),
    cached: cached === undefined ? null : async (value, context) => cached(value as SchemaOutput<S>, context),
    likely: likely ?? null,
  }
  // `~op` exists for inference alone.
  return operation as Op<K, SchemaInput<S>, SchemaOutput<R>> & Operation<K>
}
