import type { Clock } from '@sightline/core/ports'
import type { Frame } from '@sightline/core/protocol'
import { createListeners } from '../listeners.ts'
import { createRecipes, type Recipe } from './recipes.ts'
import { isProvisional, toMark } from './topic-state.ts'
import { createTopicSubscription, type TopicSubscription, type TopicSubscriptionOptions } from './topic-subscription.ts'
import { idleView, sameView, type TopicView, toPicture } from './topic-view.ts'

/** One topic with its parameters: who wants it, and what they see. */
export interface TopicEntry extends Pick<TopicSubscription, 'refresh' | 'connected' | 'disconnected' | 'state'> {
  readonly name: string
  readonly params: unknown
  /** Is it kept current? */
  readonly isActive: boolean
  view(): TopicView<unknown>
  /** The view as a server renders it, and as a browser that was sent such a page must render it first. */
  picture(): TopicView<unknown>
  subscribe(listener: () => void): () => void
  /** Resolves when there is data; rejects when the topic is refused. One promise until it settles. */
  ready(): Promise<unknown>
  /** Shows what `recipe` makes of the data until the undo. Throws what the recipe throws. */
  overlay(recipe: Recipe): () => void
  /** Starts from what another client has proven. `updatedAt` in ms since the Unix epoch. */
  hydrate(frame: Frame, updatedAt: number | null): void
}

export interface TopicEntryOptions extends Omit<TopicSubscriptionOptions, 'onChange'> {
  readonly clock: Clock
  /** How long it stays subscribed after its last listener left, in ms. */
  readonly keepMs: number
  /** Nobody wants it any more. */
  readonly onReleased: () => void
}

export const createTopicEntry = (options: TopicEntryOptions): TopicEntry => {
  const { name, params, connection, clock, keepMs, onReleased } = options
  const changes = createListeners()
  const recipes = createRecipes()
  let view: TopicView<unknown> = idleView
  let picture: TopicView<unknown> = idleView
  let hydrated: TopicView<unknown> | null = null
  let wasWatched = false
  let holds = 0
  let letGo: (() => void) | null = null
  let cancelRelease = () => {}
  let arrival: Promise<unknown> | null = null

  const statusOf = (data: unknown): TopicView<unknown>['status'] => {
    if (subscription.phase === 'failed') return 'failed'
    if (data === undefined) return letGo ? 'loading' : 'idle'
    return subscription.isLive ? 'live' : 'stale'
  }

  const publish = () => {
    const { state, error } = subscription
    const data = recipes.apply(state?.data)
    const status = statusOf(data)
    const mark = toMark(state) ?? null
    const before = view
    view = sameView(view, {
      status,
      data,
      isStale: status !== 'live',
      isProvisional: isProvisional(state),
      error,
      updatedAt: data === view.data ? view.updatedAt : clock.now(),
      mark: JSON.stringify(mark) === JSON.stringify(view.mark) ? view.mark : mark,
      dropped: state?.kind === 'log' ? state.dropped : 0,
    })
    if (view !== before) changes.emit()
  }

  const subscription = createTopicSubscription({ ...options, onChange: publish })

  const hold = (): (() => void) => {
    holds++
    cancelRelease()
    if (!letGo) {
      letGo = connection.hold()
      subscription.start()
    }
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      if (--holds > 0) return
      cancelRelease = clock.setTimer(keepMs, () => {
        subscription.stop()
        letGo?.()
        letGo = null
        publish()
        onReleased()
      })
    }
  }

  return {
    name,
    params,
    get state() {
      return subscription.state
    },
    get isActive() {
      return letGo !== null
    },
    view: () => view,
    picture: () => {
      if (hydrated) return hydrated
      // What has listeners is in a browser, and the page it was sent did not show this topic.
      if (wasWatched) return idleView
      picture = sameView(picture, toPicture(view))
      return picture
    },
    subscribe: (listener) => {
      wasWatched = true
      const remove = changes.add(listener)
      const release = hold()
      return () => {
        remove()
        release()
      }
    },
    ready: () => {
      if (view.data !== undefined) return Promise.resolve(view.data)
      if (arrival !== null) return arrival
      arrival = new Promise((resolve, reject) => {
        const undo = [hold(), changes.add(() => settle())]
        const settle = () => {
          if (view.data === undefined && view.status !== 'failed') return
          for (const step of undo) step()
          if (view.data === undefined) reject(view.error)
          else resolve(view.data)
        }
        settle()
      })
      const forget = () => {
        arrival = null
      }
      arrival.then(forget, forget)
      return arrival
    },
    refresh: subscription.refresh,
    overlay: (recipe) => {
      const remove = recipes.add(recipe, subscription.state?.data)
      publish()
      return () => {
        remove()
        publish()
      }
    },
    hydrate: (frame, updatedAt) => {
      if (!subscription.state) {
        subscription.hydrate(frame)
        view = { ...view, updatedAt }
      }
      hydrated ??= toPicture({ ...view, updatedAt })
    },
    connected: () => {
      if (letGo) subscription.connected()
    },
    disconnected: (error) => {
      if (letGo) subscription.disconnected(error)
    },
  }
}
