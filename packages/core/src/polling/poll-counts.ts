import type { PollerStatus } from '../protocol/contract.ts'

/** What this process did for a target, whoever else polls it too. */
export type PollCounts = Pick<PollerStatus, 'polls' | 'failures' | 'changes' | 'skipped' | 'abandoned'>

export const noPolls: PollCounts = { polls: 0, failures: 0, changes: 0, skipped: 0, abandoned: 0 }

/** With what came of one poll, which turned the status `before` into `after`. */
export const addPoll = (counts: PollCounts, before: PollerStatus, after: PollerStatus): PollCounts => ({
  polls: counts.polls + after.polls - before.polls,
  failures: counts.failures + after.failures - before.failures,
  changes: counts.changes + after.changes - before.changes,
  skipped: counts.skipped + after.skipped - before.skipped,
  abandoned: counts.abandoned + after.abandoned - before.abandoned,
})
