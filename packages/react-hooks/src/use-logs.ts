import type { LogLine, LogSeverity } from '@sightline/core/protocol'
import type { UseCoreClient } from './core-contract.ts'
import type { TopicOptions, TopicResult } from './topic-result.ts'
import { createUseTopic } from './use-topic.ts'

/** Which lines are followed. Default all. */
export interface LogsFilter {
  readonly service?: string
  readonly minSeverity?: LogSeverity
}

/**
 * A live tail of the logs: the newest page, and what comes in while the component is mounted, oldest first. Searches in what is stored:
 * `queryOptions('logs.search', …)`.
 *
 * @example
 * const { data: lines = [] } = useLogs({ service: 'checkout', minSeverity: 'warn' })
 */
export type UseLogs = <Selected = readonly LogLine[]>(
  filter?: LogsFilter,
  options?: TopicOptions<readonly LogLine[], Selected>,
) => TopicResult<Selected>

export const createUseLogs = (useClient: UseCoreClient): UseLogs => {
  const useTopic = createUseTopic(useClient)
  return (filter = {}, options) => useTopic('logs', filter, options)
}
