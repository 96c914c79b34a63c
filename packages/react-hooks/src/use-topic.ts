import type { Client, Contract, DataOf, ParamsOf, PlainTopicName, TopicHandle, TopicName } from '@sightline/client'
import type { TopicOptions, TopicResult } from './topic-result.ts'
import { useTopicView } from './use-topic-view.ts'

/**
 * A topic, kept current while the component is mounted.
 *
 * @example
 * const { data, isStale } = useTopic('metrics', { api: 'orders', region: 'us-east' }, { select: (snapshot) => snapshot.data.open })
 */
export interface UseTopic<C extends Contract> {
  <N extends PlainTopicName<C>, Selected = DataOf<C, N, void>>(
    name: N,
    params?: undefined,
    options?: TopicOptions<DataOf<C, N, void>, Selected>,
  ): TopicResult<Selected>
  <N extends TopicName<C>, const P extends ParamsOf<C, N>, Selected = DataOf<C, N, P>>(
    name: N,
    params: P,
    options?: TopicOptions<DataOf<C, N, P>, Selected>,
  ): TopicResult<Selected>
}

const pictureOf = <Data>(handle: TopicHandle<Data>) => handle.picture()

export const createUseTopic = <C extends Contract>(useClient: () => Client<C>): UseTopic<C> =>
  ((name: string, params?: unknown, options: TopicOptions<unknown, unknown> = {}) =>
    useTopicView({ ...options, client: useClient() as unknown as Client, name, params, pictureOf }).result) as UseTopic<C>
