import type { Notifier } from '@sightline/core/ports'

/** How the other side behaves. */
export type PlaceBehaviour =
  /** Takes everything. */
  | 'takes'
  /** Has trouble of its own for now. */
  | 'fails'
  /** Takes nothing from this sender: a wrong key, a channel that is gone. */
  | 'refuses'
  /** Asks to be left alone for 7 seconds. */
  | 'asks-to-wait'
  /** Accepts the connection and never answers. */
  | 'hangs'
  /** Breaks the connection off. */
  | 'breaks'
  /** Answers without end. */
  | 'floods'

/** One thing the other side got, whole. */
export interface Received {
  /** By which it can tell a repeat; null where there is none. */
  readonly key: string | null
  /** Every character, headers and all. */
  readonly raw: string
}

/** One place, a notifier for it, and what is known of both. */
export interface NotifierSubject {
  /** With `secrets` in its options. */
  readonly notifier: Notifier
  /** What is nobody's business: keys, passwords, the path of a webhook. */
  readonly secrets: readonly string[]
  /** So far, oldest first. */
  received(): Promise<readonly Received[]>
  /** From now on; at first it takes everything. */
  behave(behaviour: PlaceBehaviour): Promise<void>
  /** The texts that a person is shown, without what escapes them. */
  shown(received: Received): string
  /** All that the place acts on: tags, links, mentions, names of headers, lines of a file, in their order. */
  acts(received: Received): readonly string[]
  /** How many bytes it got rid of while it flooded. */
  floodedBytes?(): number
  dispose(): Promise<void>
}
