import type { Commit, Stored } from '../ports/collections.ts'
import type { Outcome } from '../ports/identity.ts'

/**
 * Commits that must not be lost: stored, or in the spool while storage is away, and stored from there when it is back, in order, also by the
 * next process after a `kill -9`.
 */
export interface Journal {
  /** Resolves once it is in storage or in the spool; rejects where neither takes it. Commits are written in the order they are given. */
  write(commit: Commit): Promise<Written>
  /** What is in the spool and not stored yet, oldest first; after `start` also what an earlier process left. */
  readonly waiting: readonly Commit[]
  /**
   * Who is asked when storage decides a commit of the spool otherwise (`conflict`, `duplicate`): it gives what to write instead, or null to
   * let it go. One for each store.
   */
  onRefused(
    store: string,
    resolve: (commit: Commit, outcome: Outcome<Stored<unknown>> & { readonly ok: false }) => Commit | null,
  ): void
  /** Tells of each commit of the spool that is stored now. Returns its undo. */
  subscribe(listener: (commit: Commit, record: Stored<unknown>) => void): () => void
  start(): Promise<void>
  storageUp(): void
  stop(options: { readonly timeoutMs: number }): Promise<void>
}

/** `spooled`: it is in the spool, and its outcome is not known yet. */
export type Written = Outcome<Stored<unknown>> | 'spooled'
