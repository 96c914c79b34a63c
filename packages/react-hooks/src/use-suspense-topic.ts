import {
  type Client,
  type Contract,
  type DataOf,
  type ParamsOf,
  type PlainTopicName,
  type TopicHandle,
  type TopicName,
  toPicture,
} from '@sightline/client'
import type { TopicOptions, TopicResult } from './topic-result.ts'
import { useTopicView } from './use-topic-view.ts'

/** What suspense leaves to show: there is data. */
export interface LoadedTopic<Selected> extends TopicResult<Selected> {
  readonly data: Selected
  readonly isLoaded: true
}

/** What of a topic is shown. */
export type SuspenseTopicOptions<Data, Selected = Data> = Pick<TopicOptions<Data, Selected>, 'select'>

/**
 * A topic that has data: until then the nearest `<Suspense>` shows its fallback. A refused topic throws its `SightlineError` to the
 * nearest error boundary; `client.topic(…).refresh()` there asks again.
 *
 * @example
 * const { data } = useSuspenseTopic('regions')
 */
export interface UseSuspenseTopic<C extends Contract> {
  <N extends PlainTopicName<C>, Selected = DataOf<C, N, void>>(
    name: N,
    params?: undefined,
    options?: SuspenseTopicOptions<DataOf<C, N, void>, Selected>,
  ): LoadedTopic<Selected>
  <N extends TopicName<C>, const P extends ParamsOf<C, N>, Selected = DataOf<C, N, P>>(
    name: N,
    params: P,
    options?: SuspenseTopicOptions<DataOf<C, N, P>, Selected>,
  ): LoadedTopic<Selected>
}

// A page that was rendered with suspense shows its topics, also those that were loaded while it was rendered.
const pictureOf = <Data>(handle: TopicHandle<Data>) => {
  const picture = handle.picture()
  return picture.data === undefined ? toPicture(handle.view()) : picture
}

export const createUseSuspenseTopic = <C extends Contract>(useClient: () => Client<C>): UseSuspenseTopic<C> =>
  ((name: string, params?: unknown, options: SuspenseTopicOptions<unknown, unknown> = {}) => {
    const client = useClient() as unknown as Client
    const { handle, result } = useTopicView({ ...options, client, name, params, pictureOf })
    if (result.isLoaded) return result
    if (result.status === 'failed') throw result.error
    throw handle.ready()
  }) as UseSuspenseTopic<C>
