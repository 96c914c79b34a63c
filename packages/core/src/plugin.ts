import type { Operation } from './operations/define-operation.ts'
import type { PluginContext } from './plugin-context.ts'
import type { CollectionPlan } from './ports/collections.ts'
import type { Contract } from './protocol/contract.ts'
import type { RegisteredTopic } from './topics/define-topic.ts'

/** A part of one's own as data, so that its operations and topics reach the client's types by inference. */
export interface Plugin<
  O extends Contract['operations'] = Contract['operations'],
  T extends Contract['topics'] = Contract['topics'],
> {
  readonly name: string
  readonly operations?: O & Record<string, Operation>
  readonly topics?: T & Record<string, RegisteredTopic>
  /** `CollectionDefinition`s, of whatever records. */
  readonly collections?: readonly (CollectionPlan & { parse(raw: unknown): unknown })[]
  /** Permission → what it allows, in one line. */
  readonly permissions?: Readonly<Record<string, string>>
  /** Name → resolves when well, rejects when not. */
  readonly healthChecks?: Readonly<Record<string, () => Promise<void>>>
  start?(context: PluginContext): void | Promise<void>
  stop?(): void | Promise<void>
}

/**
 * @example
 * const deploys = () => definePlugin({ name: 'deploys', operations: { 'deploys.record': record }, topics: { deploys: log } })
 */
export const definePlugin = <
  // biome-ignore lint/complexity/noBannedTypes: an absent part adds no names to the contract
  O extends Contract['operations'] = {},
  // biome-ignore lint/complexity/noBannedTypes: as above
  T extends Contract['topics'] = {},
>(
  plugin: Plugin<O, T>,
): Plugin<O, T> => plugin
