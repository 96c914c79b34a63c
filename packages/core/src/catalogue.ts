import { createAnswerCache } from './operations/answer-cache.ts'
import type { Operation } from './operations/define-operation.ts'
import { createOperationRegistry, type OperationRegistry, type RegistryOptions } from './operations/registry.ts'
import { createWarmUp, type WarmUp } from './operations/warm-up.ts'
import type { Plugins } from './options.ts'
import { collectParts, type Parts } from './plugin-parts.ts'
import type { Cache } from './ports/cache.ts'
import type { RemoteEvents } from './remote-events.ts'
import type { StorageLink } from './storage/storage-link.ts'
import type { RegisteredTopic } from './topics/define-topic.ts'
import type { Hub } from './topics/hub.ts'
import { createTopicPublisher } from './topics/topic-publisher.ts'

export interface CatalogueOptions extends Pick<RegistryOptions, 'authority' | 'clock' | 'logger' | 'randomId'> {
  readonly parts: Parts
  readonly plugins: Plugins
  /** Null: no answer is kept. */
  readonly cache: Cache | null
  readonly link: Pick<StorageLink, 'run'>
  readonly hub: Hub
  readonly remote: RemoteEvents
}

/** All that can be asked, commanded and watched, the engine's own and its plugins'. */
export interface Catalogue {
  readonly operations: ReadonlyMap<string, Operation>
  readonly topics: ReadonlyMap<string, RegisteredTopic>
  readonly registry: OperationRegistry
  readonly publish: RegistryOptions['publish']
  readonly warmUp: WarmUp
}

const noWarmUp: WarmUp = { start: () => {}, stop: () => {} }

/** @throws SightlineError `INVALID_CONFIG` where two parts have one name. */
export const createCatalogue = ({ parts, plugins, cache, link, hub, remote, ...rest }: CatalogueOptions): Catalogue => {
  const { operations, topics, openTopics } = collectParts(parts, plugins)
  hub.serve(topics)
  const publish = createTopicPublisher({ topics, open: openTopics, hub, remote })
  const answers = cache === null ? null : createAnswerCache({ cache, clock: rest.clock })
  const registry = createOperationRegistry({
    ...rest,
    operations,
    publish,
    ...(answers === null ? {} : { answers }),
    commit: (commits) => link.run((storage) => storage.commit(commits)),
  })
  const warmUp = answers === null ? noWarmUp : createWarmUp({ operations, registry, answers })
  return { operations, topics, registry, publish, warmUp }
}
