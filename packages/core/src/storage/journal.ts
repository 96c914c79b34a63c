import { SightlineError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Commit, Stored } from '../ports/collections.ts'
import type { Outcome } from '../ports/identity.ts'
import type { Logger } from '../ports/logger.ts'
import type { Spool } from '../ports/spool.ts'
import { blankEntry, type JournalEntry as Entry, type Written } from './journal-entry.ts'
import { fromLine, toLine } from './journal-line.ts'
import { createSpoolWriter } from './journal-spool.ts'
import type { StorageLink } from './storage-link.ts'
import { withTimeout } from './with-timeout.ts'

export type { Written } from './journal-entry.ts'

/**
 * Commits that must not be lost: stored, or in the spool while storage is away, and stored from there when it is back, in order, also by the
 * next process after a `kill -9`.
 */
export interface Journal {
  /**
   * Resolves once it is in storage, or in the spool where storage does not answer soon; rejects where neither takes it (`TOO_LARGE`,
   * `UNAVAILABLE`, …) and where storage refuses it (`INVALID_INPUT`). Commits are written in the order they are given.
   */
  write(commit: Commit): Promise<Written>
  /** What is in the spool and not stored yet, oldest first; after `start` also what an earlier process left. */
  readonly waiting: readonly Commit[]
  /**
   * Who is asked when storage decides a commit of the spool otherwise (`conflict`, `duplicate`): it gives what to write instead, or null to
   * let it go. One for each store. Where it rejects, it is asked again later.
   */
  onRefused(store: string, resolve: Refused): void
  /** Tells of each commit of the spool that is stored now, as it was written in the end. Returns its undo. */
  subscribe(listener: (commit: Commit, record: Stored<unknown>) => void): () => void
  /** Takes over what an earlier process left. Nothing is written to storage before. Rejects where the spool cannot be read. */
  start(): Promise<void>
  /** Storage answers, for the first time or again. Never waits. */
  storageUp(): void
  /** What storage has not taken within the time is in the spool. Leaves no timer. */
  stop(options: { readonly timeoutMs: number }): Promise<void>
}

type Refusal = Outcome<Stored<unknown>> & { readonly ok: false }
type Refused = (commit: Commit, outcome: Refusal) => Commit | null | Promise<Commit | null>

export interface JournalOptions {
  readonly link: Pick<StorageLink, 'run' | 'state'>
  readonly spool: Spool
  readonly clock: Clock
  readonly logger: Logger
  /** How long storage may take, in ms, before a commit goes to the spool as well. Default 200. */
  readonly answerWithinMs?: number
}

/** Commits in one call to storage, at most. */
const BATCH = 100
/** Before what storage did not decide is tried again while it is said to be there, in ms. */
const AGAIN_MS = 1_000
/** Refusals of one commit in a row, before others get a turn to change what stands there. */
const REFUSALS = 10

const isUnknown = ({ code }: SightlineError): boolean => code === 'UNAVAILABLE' || code === 'TIMEOUT'

export const createJournal = ({ link, spool, clock, logger, answerWithinMs = 200 }: JournalOptions): Journal => {
  let entries: Entry[] = []
  const resolvers = new Map<string, Refused>()
  const listeners = new Set<(commit: Commit, record: Stored<unknown>) => void>()
  const lines = createSpoolWriter({ spool, logger })
  let phase: 'new' | 'running' | 'stopped' = 'new'
  let pumping: Promise<void> | null = null
  /** Asked for while what was under way may have been over already. */
  let isPumpWanted = false
  /** Storage refuses one of a batch by what it is, and with it all of them: then each is tried by itself. */
  let batch = BATCH
  let cancelAgain = (): void => {}

  const settle = (entry: Entry): void => {
    entry.isSettled = true
    entry.cancelTimer()
    entries = entries.filter((other) => other !== entry)
    if (entry.isSpooling) lines.forget(entry)
  }

  const answer = (entry: Entry, written: Written): void => {
    entry.isAnswered = true
    entry.cancelTimer()
    entry.answer(written)
  }

  const lose = (entry: Entry, error: SightlineError): void => {
    settle(entry)
    if (!entry.isAnswered) entry.refuse(error)
    else logger.error({ store: entry.commit.write.store, record: entry.commit.write.id, code: error.code }, 'A commit is lost.')
    entry.isAnswered = true
  }

  /** Neither is it in the spool, nor is anybody asking storage. */
  const loseUnheld = (entry: Entry): void => {
    if (entry.fault !== null && !entry.isSettled && (pumping === null || link.state !== 'up')) lose(entry, entry.fault)
  }

  const spoolOne = async (entry: Entry): Promise<void> => {
    if (entry.isSpooling || entry.isSettled) return
    entry.isSpooling = true
    try {
      await lines.append(entry, toLine(entry.commit))
      if (!entry.isAnswered) answer(entry, 'spooled')
    } catch (thrown) {
      entry.isSpooling = false
      entry.fault = SightlineError.from(thrown)
      loseUnheld(entry)
    }
  }

  /** With all before it, so that the spool keeps the order. */
  const spoolUpTo = (last: Entry): void => {
    for (const entry of entries) {
      if (entry.fault === null) void spoolOne(entry)
      else loseUnheld(entry)
      if (entry === last) return
    }
  }

  const tell = (commit: Commit, record: Stored<unknown>): void => {
    for (const listener of listeners) {
      try {
        listener(commit, record)
      } catch (thrown) {
        logger.error({ store: commit.write.store, error: String(thrown) }, 'A listener of the journal failed.')
      }
    }
  }

  /** Answers whether the entry is done with. */
  const resolveRefusal = async (entry: Entry, outcome: Refusal): Promise<boolean> => {
    const { commit } = entry
    let next: Commit | null
    try {
      next = (await resolvers.get(commit.write.store)?.(commit, outcome)) ?? null
    } catch (thrown) {
      const error = SightlineError.from(thrown)
      if (isUnknown(error)) throw error
      // One that cannot be judged must not hold up all that follow.
      lose(entry, error)
      return true
    }
    if (next === null) {
      logger.info({ store: commit.write.store, record: commit.write.id, reason: outcome.reason }, 'Storage knew better.')
      settle(entry)
      return true
    }
    entry.commit = next
    entry.refusals++
    return false
  }

  /** Answers whether to go on with the next. */
  const take = async (entry: Entry, outcome: Outcome<Stored<unknown>>): Promise<boolean> => {
    if (!entry.isAnswered) {
      settle(entry)
      answer(entry, outcome)
      return true
    }
    if (!outcome.ok) return resolveRefusal(entry, outcome)
    settle(entry)
    tell(entry.commit, outcome.record)
    return true
  }

  /** Answers whether storage decided anything. */
  const writeSome = async (): Promise<boolean> => {
    const some = entries.slice(0, batch)
    try {
      const outcomes = await link.run((driver) => driver.commit(some.map(({ commit }) => commit)))
      for (const [index, entry] of some.entries()) {
        const outcome = outcomes[index]
        // What follows one that is to be written anew waits for it; a repeat of what it decided answers the same.
        if (outcome === undefined || !(await take(entry, outcome))) break
      }
      batch = BATCH
      return (entries[0]?.refusals ?? 0) < REFUSALS
    } catch (thrown) {
      const error = SightlineError.from(thrown)
      if (isUnknown(error)) return false
      if (error.code !== 'INVALID_INPUT')
        logger.error({ code: error.code, error: String(thrown) }, 'The journal failed to write.')
      const [only] = some
      if (some.length === 1 && only !== undefined && error.code === 'INVALID_INPUT') lose(only, error)
      else if (some.length > 1) batch = 1
      else return false
      return true
    }
  }

  const pumpAll = async (): Promise<void> => {
    while (entries.length > 0 && link.state === 'up' && phase !== 'new') {
      isPumpWanted = false
      if (await writeSome()) continue
      const last = entries.at(-1)
      const [first] = entries
      if (first !== undefined) first.refusals = 0
      if (link.state === 'up' && phase === 'running') cancelAgain = clock.setTimer(AGAIN_MS, pump)
      if (last !== undefined) spoolUpTo(last)
      return
    }
  }

  const pump = (): void => {
    isPumpWanted = true
    if (pumping !== null || phase === 'new') return
    cancelAgain()
    pumping = pumpAll().finally(() => {
      pumping = null
      for (const entry of [...entries]) loseUnheld(entry)
      if (isPumpWanted && entries.length > 0 && link.state === 'up') pump()
    })
  }

  const add = (commit: Commit): Promise<Written> =>
    new Promise((resolve, reject) => {
      const entry: Entry = { ...blankEntry(commit), answer: resolve, refuse: reject }
      // What waits behind one that storage has not answered in time would wait as long in vain.
      const isBehind = entries[0]?.isSpooling === true
      entries.push(entry)
      if (link.state === 'up' && phase === 'running' && !isBehind)
        entry.cancelTimer = clock.setTimer(answerWithinMs, () => spoolUpTo(entry))
      else if (phase !== 'new') spoolUpTo(entry)
      // What is given in one turn goes in one call.
      queueMicrotask(pump)
    })

  return {
    write: async (commit) => {
      if (phase === 'stopped') throw new SightlineError('UNAVAILABLE', 'Sightline is stopping.')
      return add(commit)
    },
    get waiting() {
      return entries.filter(({ isAnswered }) => isAnswered).map(({ commit }) => commit)
    },
    onRefused: (store, resolve) => void resolvers.set(store, resolve),
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    start: async () => {
      if (phase !== 'new') return
      const left: Entry[] = []
      try {
        for await (const { token, line } of lines.leftovers(() => blankEntry(null as never))) {
          const commit = fromLine(line)
          if (commit === null) logger.error({}, 'A line of the spool is none of a commit; it is left out.')
          const entry = Object.assign(token as Entry, { commit, isAnswered: true, isSpooling: true })
          if (commit === null) lines.forget(entry)
          else left.push(entry)
        }
      } finally {
        const last = entries.at(-1)
        entries.unshift(...left)
        phase = 'running'
        // What was given before is nowhere yet.
        if (last !== undefined) spoolUpTo(last)
        pump()
      }
    },
    storageUp: pump,
    stop: async ({ timeoutMs }) => {
      if (phase === 'stopped') return
      phase = 'stopped'
      cancelAgain()
      pump()
      const emptied = async (): Promise<void> => void (await pumping)
      await withTimeout({ clock, timeoutMs, what: 'The journal was not stored' }, emptied).catch(() => {})
      const last = entries.at(-1)
      for (const entry of entries) entry.cancelTimer()
      if (last !== undefined) spoolUpTo(last)
      await lines.close()
    },
  }
}
