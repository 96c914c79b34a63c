import type { Version } from '@sightline/core/ports'
import type { Sha1 } from '@sightline/core/protocol'

/** A topic's state after a frame. `resync`: why the whole must be asked for; the state is then what could be proven. */
export interface Applied<State> {
  readonly state: State
  readonly resync?: string
  /** The server says that the present state is an older revision than the one shown. */
  readonly isOlder?: true
}

/** How a frame reached the client. */
export interface ApplyContext {
  readonly sha1: Sha1
  /** It answers `subscribe`: the server chose it knowing what the client has, so it may begin an epoch unasked. */
  readonly isAnswer?: boolean
  /** It came before the answer to `subscribe`, which may already contain it: its digest proves nothing about the state after it. */
  readonly isHeld?: boolean
  /** The server has said for a while that an older revision is the present one: it is believed. */
  readonly mayGoBack?: boolean
  /** The most entries a log keeps. */
  readonly maxLogEntries: number
}

/** How a version relates to a known one. Versions of two epochs cannot be ordered. */
export const relate = (version: Version, known: Version): 'older' | 'same' | 'newer' | 'foreign' => {
  if (version.epoch !== known.epoch) return 'foreign'
  if (version.revision === known.revision) return 'same'
  return version.revision < known.revision ? 'older' : 'newer'
}
