import type { Incident } from '@sightline/core/protocol'
import type { UseCoreClient } from './core-contract.ts'
import type { TopicOptions, TopicResult } from './topic-result.ts'
import { createUseTopic } from './use-topic.ts'

/**
 * The incidents that are not resolved, and those resolved within the last day, kept current while the component is mounted. Older ones:
 * `queryOptions('incidents.list', …)`.
 *
 * @example
 * const { data: open = [] } = useIncidents({ select: (incidents) => incidents.filter(({ status }) => status !== 'resolved') })
 */
export type UseIncidents = <Selected = readonly Incident[]>(
  options?: TopicOptions<readonly Incident[], Selected>,
) => TopicResult<Selected>

export const createUseIncidents = (useClient: UseCoreClient): UseIncidents => {
  const useTopic = createUseTopic(useClient)
  return (options) => useTopic('incidents', undefined, options)
}
