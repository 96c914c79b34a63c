import type { TopicStore } from './topics/topic-store.ts'
import { idleView, type TopicView } from './topics/topic-view.ts'

/** One topic, as its readers hold it. */
export interface TopicHandle<Data> {
  /** The topic's name with its params as one text: equal for equal topics. */
  readonly key: string
  /** The data as it stands; undefined before the first frame. */
  get(): Data | undefined
  /** The data and how it stands. The same object until something changes. */
  view(): TopicView<Data>
  /** The view as it is rendered on a server, and first of all in a browser that takes such a page over. */
  picture(): TopicView<Data>
  /** Keeps the topic current. `listener` is told of what is there already (soon, not within this call) and of every change. Returns its undo. */
  subscribe(listener: (view: TopicView<Data>) => void): () => void
  /**
   * Loads the topic; resolves with its data.
   *
   * @throws SightlineError `FORBIDDEN`, `UNKNOWN_TOPIC`, `INVALID_INPUT`, … where it is refused. While the server is away it waits; bound it
   * with `signal`, which rejects with its reason.
   */
  ready(options?: { readonly signal?: AbortSignal }): Promise<Data>
  /** Asks for the whole again: after a refusal, or in doubt. Does nothing without subscribers. */
  refresh(): void
}

interface TopicHandleOptions {
  readonly topics: TopicStore
  readonly name: string
  readonly params: unknown
  readonly assertOpen: () => void
  readonly owned: (undo: () => void) => () => void
}

export const createTopicHandle = ({ topics, name, params, assertOpen, owned }: TopicHandleOptions): TopicHandle<unknown> => {
  const find = () => topics.find(name, params)
  const view = () => find()?.view() ?? idleView
  return {
    key: topics.keyOf(name, params),
    get: () => view().data,
    view,
    picture: () => find()?.picture() ?? idleView,
    subscribe: (listener) => {
      assertOpen()
      const entry = topics.open(name, params)
      let isTold = false
      const tell = () => {
        isTold = true
        listener(entry.view())
      }
      const off = owned(entry.subscribe(tell))
      let isOff = false
      queueMicrotask(() => {
        if (!isTold && !isOff && entry.view().data !== undefined) tell()
      })
      return () => {
        isOff = true
        off()
      }
    },
    ready: ({ signal } = {}) => {
      assertOpen()
      const arrival = topics.open(name, params).ready()
      return signal ? unlessAborted(signal, arrival) : arrival
    },
    refresh: () => find()?.refresh(),
  }
}

const unlessAborted = <T>(signal: AbortSignal, promise: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
