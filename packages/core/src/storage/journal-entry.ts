import type { SightlineError } from '../errors.ts'
import type { Commit, Stored } from '../ports/collections.ts'
import type { Outcome } from '../ports/identity.ts'

/** `spooled`: it is in the spool, and its outcome is not known yet. */
export type Written = Outcome<Stored<unknown>> | 'spooled'

/** A commit on its way through the journal. */
export interface JournalEntry {
  /** What is to be written: another one than given where storage refused that. */
  commit: Commit
  /** How often storage refused it. */
  refusals: number
  /** Who gave it has been answered. */
  isAnswered: boolean
  /** It will be decided no more. */
  isSettled: boolean
  /** Why the spool did not take it. */
  fault: SightlineError | null
  /** Is it on its way into the spool, or there? */
  isSpooling: boolean
  answer(written: Written): void
  refuse(error: SightlineError): void
  cancelTimer(): void
}

/** One that nobody waits for yet. */
export const blankEntry = (commit: Commit): JournalEntry => ({
  commit,
  refusals: 0,
  isAnswered: false,
  isSettled: false,
  fault: null,
  isSpooling: false,
  answer: () => {},
  refuse: () => {},
  cancelTimer: () => {},
})
