import type { ServiceView } from '@sightline/core/protocol'
import type { UseCoreClient } from './core-contract.ts'
import type { TopicOptions, TopicResult } from './topic-result.ts'
import { createUseTopic } from './use-topic.ts'

/**
 * Every service of the team with its live status, kept current while the component is mounted.
 *
 * @example
 * const { data: down = [] } = useServices({ select: (services) => services.filter(({ status }) => status === 'down') })
 */
export type UseServices = <Selected = readonly ServiceView[]>(
  options?: TopicOptions<readonly ServiceView[], Selected>,
) => TopicResult<Selected>

export const createUseServices = (useClient: UseCoreClient): UseServices => {
  const useTopic = createUseTopic(useClient)
  return (options) => useTopic('services', undefined, options)
}
