import type { FieldFault } from './errors.ts'
import { invalidConfig } from './invalid-config.ts'
import type { Operation } from './operations/define-operation.ts'
import type { Plugins } from './options.ts'
import type { CollectionDefinition } from './ports/collections.ts'
import type { RegisteredTopic } from './topics/define-topic.ts'

/** What a Sightline consists of, its own and its plugins'. */
export interface Parts {
  readonly operations: Readonly<Record<string, Operation>>
  readonly topics: Readonly<Record<string, RegisteredTopic>>
  /** Of core's own topics those that its parts publish to by name. */
  readonly openTopics?: Readonly<Record<string, RegisteredTopic>>
  readonly collections: readonly CollectionDefinition<never>[]
}

export interface CollectedParts {
  readonly operations: ReadonlyMap<string, Operation>
  readonly topics: ReadonlyMap<string, RegisteredTopic>
  readonly collections: readonly CollectionDefinition<never>[]
  /** Names of the topics that may be published to: the plugins', and those of core's parts. */
  readonly openTopics: ReadonlySet<string>
}

/** Puts core's parts and the plugins' together. Rejects with `INVALID_CONFIG` where two have one name: a plugin takes nothing from others. */
export const collectParts = (core: Parts, plugins: Plugins): CollectedParts => {
  const operations = new Map(Object.entries(core.operations))
  const topics = new Map(Object.entries({ ...core.topics, ...core.openTopics }))
  const collections = new Map(core.collections.map((definition) => [definition.name, definition]))
  const openTopics = new Set(Object.keys(core.openTopics ?? {}))
  const faults: FieldFault[] = []

  const add = <T>(to: Map<string, T>, path: string, entries: Iterable<readonly [string, T]>): void => {
    for (const [name, part] of entries) {
      if (to.has(name)) faults.push({ path: `${path}.${name}`, message: 'has the name of another one' })
      to.set(name, part)
    }
  }

  plugins.forEach((plugin, index) => {
    const own = plugin as unknown as Partial<Parts>
    add(operations, `plugins.${index}.operations`, Object.entries(own.operations ?? {}))
    add(topics, `plugins.${index}.topics`, Object.entries(own.topics ?? {}))
    add(
      collections,
      `plugins.${index}.collections`,
      (own.collections ?? []).map((definition) => [definition.name, definition] as const),
    )
    for (const name of Object.keys(own.topics ?? {})) openTopics.add(name)
  })
  if (faults.length > 0) throw invalidConfig(faults)
  return { operations, topics, collections: [...collections.values()], openTopics }
}
