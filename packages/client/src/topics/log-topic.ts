import type { LogFrame } from '@sightline/core/protocol'
import type { Applied, ApplyContext } from './applied.ts'

/** A log's newest entries, oldest first, each once. */
export interface LogTopic {
  readonly kind: 'log'
  /** Where to go on reading. null before the first frame that is not provisional. */
  readonly cursor: string | null
  readonly data: readonly { readonly id: string }[] | undefined
  /** Ids that have been seen, also of entries no longer kept: one that comes again is not news. Bounded. */
  readonly seen: ReadonlySet<string>
  /** How many entries the server left out because this client was too slow. */
  readonly dropped: number
}

export const emptyLog: LogTopic = { kind: 'log', cursor: null, data: undefined, seen: new Set(), dropped: 0 }

/** Appends what is new, and keeps the newest `maxLogEntries`. */
export const applyLog = (before: LogTopic, frame: LogFrame, { maxLogEntries }: ApplyContext): Applied<LogTopic> => {
  const state = frame.reset ? emptyLog : before
  const seen = new Set(state.seen)
  const fresh = frame.entries.filter(({ id }) => !seen.has(id) && seen.add(id))
  return {
    state: {
      kind: 'log',
      cursor: frame.provisional ? state.cursor : frame.cursor,
      data: fresh.length > 0 || !state.data ? [...(state.data ?? []), ...fresh].slice(-maxLogEntries) : state.data,
      seen: newest(seen, 4 * maxLogEntries),
      dropped: state.dropped + (frame.dropped ?? 0),
    },
  }
}

const newest = (ids: Set<string>, limit: number): Set<string> => (ids.size > limit ? new Set([...ids].slice(-limit)) : ids)
