import type { Client, TopicHandle, TopicView } from '@sightline/client'
import { useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from 'react'
import { type TopicOptions, type TopicResult, toResult } from './topic-result.ts'

interface TopicViewOptions<Data, Selected> extends TopicOptions<Data, Selected> {
  readonly client: Client
  readonly name: string
  readonly params: unknown
  /** What a server renders, and a browser that takes its page over. */
  readonly pictureOf: (handle: TopicHandle<Data>) => TopicView<Data>
}

const nothing = () => {}

/** What every hook that shows a topic does: subscribes, selects, and renders again when the selected part changes. */
export const useTopicView = <Data, Selected>({
  client,
  name,
  params,
  pictureOf,
  select,
  enabled = true,
}: TopicViewOptions<Data, Selected>): { readonly handle: TopicHandle<Data>; readonly result: TopicResult<Selected> } => {
  const { key } = client.topic(name, params)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for name and params, which may be a new object each time
  const handle = useMemo(() => client.topic(name, params) as TopicHandle<Data>, [client, key])
  const shown = useRef<TopicResult<Selected> | null>(null)

  const subscribe = useCallback((listener: () => void) => (enabled ? handle.subscribe(listener) : nothing), [handle, enabled])
  const [getResult, getPicture] = useMemo(() => {
    let last: { readonly view: TopicView<Data>; readonly result: TopicResult<Selected> } | null = null
    const pick = (view: TopicView<Data>) => {
      if (last?.view !== view) last = { view, result: toResult(view, select, last?.result ?? shown.current) }
      return last.result
    }
    return [() => pick(handle.view()), () => pick(pictureOf(handle))]
  }, [handle, select, pictureOf])

  const result = useSyncExternalStore(subscribe, getResult, getPicture)
  // A `select` that is a new function with each render finds here what it would repeat.
  useEffect(() => {
    shown.current = result
  }, [result])
  return { handle, result }
}
