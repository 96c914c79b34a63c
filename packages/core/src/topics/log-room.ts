import type { LogFrame } from '../protocol/frame.ts'
import type { Broadcast } from './state-room.ts'
import type { LogChange } from './topic-change.ts'

/** What a hub knows of one topic of kind `log`: nothing but what it sent last. Earlier entries come from storage. */
export interface LogRoom {
  /** Where those who were sent everything stand; null where nothing was sent yet. */
  readonly cursor: string | null
  /** null where every entry was sent already. */
  apply(change: LogChange): Broadcast<LogFrame> | null
}

const REMEMBERED = 1_000

export const createLogRoom = (topic: string): LogRoom => {
  const sent = new Set<string>()
  let sentUpTo: string | null = null

  return {
    get cursor() {
      return sentUpTo
    },
    apply: ({ entries, cursor, dropped = 0 }) => {
      const fresh = entries.filter(({ id }) => !sent.has(id))
      const last = fresh.at(-1)
      if (last === undefined) return null
      for (const { id } of fresh) sent.add(id)
      for (const id of sent) {
        if (sent.size <= REMEMBERED) break
        sent.delete(id)
      }
      sentUpTo = cursor ?? last.id
      const whole: LogFrame = { topic, kind: 'log', cursor: sentUpTo, entries: fresh, ...(dropped === 0 ? {} : { dropped }) }
      return { whole, patch: null, isNews: true }
    },
  }
}
