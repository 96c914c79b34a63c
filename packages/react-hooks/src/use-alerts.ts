import type { Alert } from '@sightline/core/protocol'
import type { UseCoreClient } from './core-contract.ts'
import type { TopicOptions, TopicResult } from './topic-result.ts'
import { createUseTopic } from './use-topic.ts'

/**
 * The alerts that wait or are held, and the newest others, kept current while the component is mounted.
 *
 * @example
 * const { data: held = [] } = useAlerts({ select: (alerts) => alerts.filter(({ status }) => status === 'held') })
 */
export type UseAlerts = <Selected = readonly Alert[]>(options?: TopicOptions<readonly Alert[], Selected>) => TopicResult<Selected>

export const createUseAlerts = (useClient: UseCoreClient): UseAlerts => {
  const useTopic = createUseTopic(useClient)
  return (options) => useTopic('alerts', undefined, options)
}
