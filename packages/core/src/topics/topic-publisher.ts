import { SightlineError } from '../errors.ts'
import { spellName } from '../protocol/spell-name.ts'
import type { RemoteEvents } from '../remote-events.ts'
import type { RegisteredTopic } from './define-topic.ts'
import type { Hub } from './hub.ts'
import type { TopicChange } from './topic-change.ts'

export interface TopicPublisherOptions {
  readonly topics: ReadonlyMap<string, RegisteredTopic>
  /** Names of the topics that may be published to from outside core. */
  readonly open: ReadonlySet<string>
  readonly hub: Pick<Hub, 'publish'>
  readonly remote: Pick<RemoteEvents, 'topicChanged'>
}

/**
 * Tells a plugin's topic's subscribers of a team, in every process. Throws `UNKNOWN_TOPIC` for a topic of nobody's or of core's own, and
 * `INVALID_INPUT` for a change of another kind than the topic.
 */
export type TopicPublisher = (team: string, name: string, change: { readonly params?: unknown } & TopicChange) => void

export const createTopicPublisher =
  ({ topics, open, hub, remote }: TopicPublisherOptions): TopicPublisher =>
  (team, name, change) => {
    const definition = open.has(name) ? topics.get(name) : undefined
    if (definition === undefined) throw new SightlineError('UNKNOWN_TOPIC', `No plugin has a topic ${spellName(name)}.`)
    if (definition.kind !== change.kind) {
      throw new SightlineError('INVALID_INPUT', `The topic ${spellName(name)} is of kind ${definition.kind}, not ${change.kind}.`)
    }
    hub.publish(team, name, change)
    remote.topicChanged(team, name, change)
  }
