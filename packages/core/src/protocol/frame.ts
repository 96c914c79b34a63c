import type { Version } from '../ports/identity.ts'

/** What a client has applied of a topic: proof (`version` and `digest`) for states, `digest` for keyed, `cursor` for logs. */
export interface Mark {
  readonly version?: Version
  readonly digest?: string
  readonly cursor?: string
}

/** Of RFC 6902 (JSON Patch): the three that a difference needs. */
export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }

/**
 * An item of a keyed topic as it now is. One whose version is not newer than what is there, within one epoch, changes nothing.
 *
 * @example
 * const put: KeyedPut = ['orders/us-east', { epoch: 'f3a1', revision: 7 }, { state: 'up' }]
 */
export type KeyedPut = readonly [key: string, version: Version, item: unknown]
/** An item of a keyed topic that is gone, and the version that says so. */
export type KeyedDrop = readonly [key: string, version: Version]

interface FrameHead {
  /** The topic's key, as `subscribe` answered it. */
  readonly topic: string
  /** A new epoch, or the whole of a keyed topic: forget what you have. Always accepted. */
  readonly reset?: true
  /** Storage is away: show it, but move no mark. */
  readonly provisional?: true
}

/** The whole document, or a patch against `base`. `digest` covers the whole document after it. */
export interface StateFrame extends FrameHead {
  readonly kind: 'state'
  /** Of the document after it. */
  readonly version: Version
  readonly digest: string
  /** Without it there is a `patch`. */
  readonly data?: unknown
  /** What the patch applies to; who has another version asks for the whole. */
  readonly base?: Version
  readonly patch?: readonly PatchOperation[]
}

/** Items put and dropped by key. `digest` covers the whole list after it. `next` asks the client to load the next page. */
export interface KeyedFrame extends FrameHead {
  readonly kind: 'keyed'
  readonly digest: string
  readonly put: readonly KeyedPut[]
  readonly drop: readonly KeyedDrop[]
  readonly next?: string
}

/** Entries of an append-only log, oldest first, at least once; deduplicated by id. `dropped` counts those a slow client missed. */
export interface LogFrame extends FrameHead {
  readonly kind: 'log'
  /** Where to go on after the last entry. */
  readonly cursor: string
  readonly entries: readonly { readonly id: string }[]
  readonly dropped?: number
}

/** What travels from a hub to a screen. */
export type Frame = StateFrame | KeyedFrame | LogFrame
