import type { Principal } from '../ports/access.ts'
import type { Version } from '../ports/identity.ts'
import type { Topic } from '../protocol/contract.ts'
import type { KeyedPut } from '../protocol/frame.ts'
import type { Schema, SchemaInput, SchemaOutput } from '../protocol/standard-schema.ts'

/** What a topic's `load` is told beside the params. */
export interface TopicContext {
  readonly team: string
  readonly principal: Principal | null
}

/** The whole of a topic as it stands, by its kind. A state that does not exist yet is null. */
export interface TopicStates {
  readonly state: {
    readonly version: Version
    readonly data: unknown
    /** As in `StateChange`. */
    readonly content?: string
    /** A later state waits to be stored: what is shown of it here already stands. */
    readonly isBehind?: true
    /** It is shown wherever somebody was subscribed in time; `fallback` has it. */
    readonly isLaterShown?: true
  } | null
  readonly keyed: { readonly items: readonly KeyedPut[] }
  /** Oldest first; `cursor` is where to go on after them. */
  readonly log: { readonly entries: readonly { readonly id: string }[]; readonly cursor: string }
}

/** How a topic travels: `state` as one document, of which the latest wins; `keyed` as a list, item by item; `log` by appending. */
export type TopicKind = keyof TopicStates

/** One topic, as its author writes it. */
export interface TopicDefinition<Kind extends TopicKind, P extends Schema, D extends Schema> {
  /** `state`: one document, the latest wins. `keyed`: a list, by key. `log`: append-only. */
  readonly kind: Kind
  /** `<noun>:<verb>`, as in `metrics:view`. */
  readonly permission: string
  /** What a subscriber names; none where there is one topic of the name. */
  readonly params?: P
  /** The state's document, the keyed list, or the log's list of entries. */
  readonly data: D
  /**
   * From storage, the truth. For a log: what follows the cursor `since`, a page at a time (an empty one is the end), or the newest page;
   * a cursor that is no longer any good rejects with `INVALID_INPUT`.
   */
  load(params: SchemaOutput<P>, context: TopicContext & { readonly since?: string }): Promise<TopicStates[Kind]>
}

/** A topic as the registry keeps it. */
export interface RegisteredTopic<Kind extends TopicKind = TopicKind> {
  readonly kind: Kind
  readonly permission: string
  readonly params: Schema | null
  load(params: unknown, context: TopicContext & { readonly since?: string }): Promise<TopicStates[Kind]>
  /** What this process knows while storage is away, where it knows anything. */
  fallback?(params: unknown, context: TopicContext): TopicStates[Kind] | null
}

/**
 * Something to subscribe to.
 *
 * @example
 * const deploys = defineTopic({ kind: 'log', permission: 'deploys:view', params: ByService, data: z.array(Deploy),
 *   load: async ({ service }, { since }) => deploysAfter(service, since) })
 */
export const defineTopic = <Kind extends TopicKind, D extends Schema, P extends Schema = Schema<void, void>>(
  definition: TopicDefinition<Kind, P, D>,
): Topic<SchemaInput<P>, SchemaOutput<D>> & RegisteredTopic<Kind> => {
  const topic: RegisteredTopic<Kind> = {
    kind: definition.kind,
    permission: definition.permission,
    params: definition.params ?? null,
    load: (params, context) => definition.load(params as SchemaOutput<P>, context),
  }
  // `~topic` exists for inference alone.
  return topic as Topic<SchemaInput<P>, SchemaOutput<D>> & RegisteredTopic<Kind>
}
