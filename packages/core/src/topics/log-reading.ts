import { SightlineError } from '../errors.ts'
import type { Principal } from '../ports/access.ts'
import type { LogFrame } from '../protocol/frame.ts'
import type { ActiveTopic } from './active-topic.ts'
import type { TopicStates } from './define-topic.ts'

/** Entries that are caught up with, at most: who missed more starts anew from the newest page. */
const MAX_CAUGHT_UP = 1_000

/**
 * The frame for who has read a log up to `since`: all that follows, or the newest page with `reset`. What is added while it is read is
 * in it, so that a reset loses nothing that was sent before it.
 */
export const readLog = async (
  active: ActiveTopic,
  { principal, since }: { readonly principal: Principal | null; readonly since: string | undefined },
): Promise<LogFrame> => {
  const { key, team, params, definition } = active
  const load = async (from?: string): Promise<TopicStates['log']> =>
    (await definition.load(params, { team, principal, ...(from === undefined ? {} : { since: from }) })) as TopicStates['log']

  const following = since === undefined ? null : await readFollowing(load, since)
  if (following !== null) return { topic: key, kind: 'log', ...following }

  const added: { readonly id: string }[] = []
  active.taps.add(added)
  try {
    const { entries, cursor } = await load()
    const listed = new Set(entries.map(({ id }) => id))
    const missing = added.filter(({ id }) => !listed.has(id))
    const sentUpTo = active.content.kind === 'log' ? active.content.room.cursor : null
    return {
      topic: key,
      kind: 'log',
      reset: true,
      cursor: missing.length === 0 ? cursor : (sentUpTo ?? cursor),
      entries: [...entries, ...missing],
    }
  } finally {
    active.taps.delete(added)
  }
}

/** null where that is too much, or where the cursor is no longer any good. */
const readFollowing = async (
  load: (from: string) => Promise<TopicStates['log']>,
  since: string,
): Promise<TopicStates['log'] | null> => {
  const entries: { readonly id: string }[] = []
  let cursor = since
  try {
    while (entries.length <= MAX_CAUGHT_UP) {
      const page = await load(cursor)
      entries.push(...page.entries)
      if (page.entries.length === 0 || page.cursor === cursor) return { entries, cursor }
      cursor = page.cursor
    }
  } catch (thrown) {
    if (SightlineError.from(thrown).code !== 'INVALID_INPUT') throw thrown
  }
  return null
}
