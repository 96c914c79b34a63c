import type { Version } from '../ports/identity.ts'
import type { KeyedDrop, KeyedPut } from '../protocol/frame.ts'

/** What happened to a topic, before it is known who listens and what they have. */
export type TopicChange = StateChange | KeyedChange | LogChange

/**
 * A topic's document became another. One that is older than what is shown, within one epoch, changes nothing.
 *
 * @example
 * context.publish('releases.current', { kind: 'state', version: record.version, data: record.value })
 */
export interface StateChange {
  readonly kind: 'state'
  readonly version: Version
  readonly data: unknown
  /** Names what is shown where `data` says more than that (times, its own version): under the same name it is no news. Default: all of `data`. */
  readonly content?: string
  /** Storage is away: shown, but no mark moves. */
  readonly provisional?: true
}

/**
 * Items of a list came, changed or went; those that are not named stay as they are.
 *
 * @example
 * context.publish('deploys.open', { kind: 'keyed', put: [[deploy.id, version, deploy]], drop: [] })
 */
export interface KeyedChange {
  readonly kind: 'keyed'
  readonly put: readonly KeyedPut[]
  readonly drop: readonly KeyedDrop[]
}

/**
 * Entries were appended. They may be told of twice: clients know them by `id`.
 *
 * @example
 * context.publish('deploys.log', { kind: 'log', entries: [{ id: '01JD…', line: 'deployed 4f2c' }] })
 */
export interface LogChange {
  readonly kind: 'log'
  /** Oldest first. */
  readonly entries: readonly { readonly id: string }[]
  /** Where the topic's `load` goes on after them. Default: the last entry's id. */
  readonly cursor?: string
  /** How many more there were than are told of. Default none. */
  readonly dropped?: number
}
