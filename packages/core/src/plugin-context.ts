import type { OperationContext } from './operations/operation-context.ts'
import type { Clock } from './ports/clock.ts'
import type { Logger } from './ports/logger.ts'
import type { StorageDriver } from './ports/storage.ts'

/** What a plugin is given when it starts. */
export interface PluginContext {
  readonly clock: Clock
  readonly logger: Logger
  readonly storage: Pick<StorageDriver, 'collection' | 'commit'>
  /** Tells a topic's subscribers of a team in every process. */
  publish(team: string, ...change: Parameters<OperationContext['publish']>): void
}
