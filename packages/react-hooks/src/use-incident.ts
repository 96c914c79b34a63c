import type { IncidentDetail } from '@sightline/core/protocol'
import type { UseCoreClient } from './core-contract.ts'
import type { TopicOptions, TopicResult } from './topic-result.ts'
import { createUseTopic } from './use-topic.ts'

/**
 * One incident with its timeline and comments, kept current while the component is mounted.
 *
 * @example
 * const { data: incident } = useIncident(id)
 * const comment = useMutation('incidents.comment')
 * return <button onClick={() => comment.mutate({ id, text })}>Comment on {incident?.title}</button>
 */
export type UseIncident = <Selected = IncidentDetail>(
  id: string,
  options?: TopicOptions<IncidentDetail, Selected>,
) => TopicResult<Selected>

export const createUseIncident = (useClient: UseCoreClient): UseIncident => {
  const useTopic = createUseTopic(useClient)
  return (id, options) => useTopic('incident', { id }, options)
}
