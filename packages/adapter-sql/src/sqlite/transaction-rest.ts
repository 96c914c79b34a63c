/** Lets everything else in the process have its turn between transactions, which stop the event loop. Times are ms of one clock. */
export interface TransactionRest {
  /** A transaction is over. */
  worked(span: { readonly from: number; readonly until: number }): void
  /** How much later the next may begin. */
  waitMs(now: number, leastMs: number): number
}

/** So long may transactions hold up everything else on end; after that it gets half as long as they had. */
const BURST_MS = 50
const REST_PER_MS = 0.5
/** A migration may take minutes. Who writes next is not to wait for as long. */
const MOST_MS = 500

export const createTransactionRest = (): TransactionRest => {
  let endedAt = Number.NEGATIVE_INFINITY
  /** What is owed, less what there was since. */
  let owedMs = 0
  return {
    worked: ({ from, until }) => {
      const left = Math.max(0, owedMs - (from - endedAt))
      owedMs = Math.min(MOST_MS, left + (until - from) * REST_PER_MS)
      endedAt = until
    },
    waitMs: (now, leastMs) => Math.max(0, endedAt + Math.max(leastMs, owedMs - BURST_MS * REST_PER_MS) - now),
  }
}
