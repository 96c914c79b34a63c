import type { Version } from '../ports/identity.ts'
import type { KeyedDrop, KeyedPut } from '../protocol/frame.ts'

/** What happened to a topic, before it is known who listens and what they have. */
export type TopicChange = StateChange | KeyedChange | LogChange

export interface StateChange {
  readonly kind: 'state'
  readonly version: Version
  readonly data: unknown
  /** Names what is shown where `data` says more than that (times, its own version): under the same name it is no news. Default: all of `data`. */
  readonly content?: string
  /** Storage is away: shown, but no mark moves. */
  readonly provisional?: true
}

export interface KeyedChange {
  readonly kind: 'keyed'
  readonly put: readonly KeyedPut[]
  readonly drop: readonly KeyedDrop[]
}

export interface LogChange {
  readonly kind: 'log'
  /** Oldest first. */
  readonly entries: readonly { readonly id: string }[]
  /** Where the topic's `load` goes on after them. Default: the last entry's id. */
  readonly cursor?: string
}
