import type { ServiceDetail } from '@sightline/core/protocol'
import type { UseCoreClient } from './core-contract.ts'
import type { TopicOptions, TopicResult } from './topic-result.ts'
import { createUseTopic } from './use-topic.ts'

/**
 * One service: its settings, its status by region and its last numbers, kept current while the component is mounted.
 *
 * @example
 * const { data: status } = useService('checkout', { select: (service) => service.status })
 */
export type UseService = <Selected = ServiceDetail>(
  name: string,
  options?: TopicOptions<ServiceDetail, Selected>,
) => TopicResult<Selected>

export const createUseService = (useClient: UseCoreClient): UseService => {
  const useTopic = createUseTopic(useClient)
  return (name, options) => useTopic('service', { name }, options)
}
