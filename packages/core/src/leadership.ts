/**
 * Which of the processes on one storage decides: it folds the samples of all, opens incidents and sends what is to be told. With timers it is
 * the one that polls; with a scheduler that spreads ticks it holds the lease `evaluate:0`. Where storage is away, who led goes on leading:
 * what two would do twice has one id.
 */
export interface Leadership {
  readonly isLeading: boolean
  /** Told at each change. Returns its undo. */
  subscribe(listener: (isLeading: boolean) => void): () => void
}

/** Leads always: a process alone, and tests. */
export const soleLeader = (): Leadership => ({ isLeading: true, subscribe: () => () => {} })

/** Leadership as whoever holds it is told. */
export interface Lead extends Leadership {
  /** It may have changed: who listens is told where it has. */
  turned(isLeading: boolean): void
}

export const createLead = (): Lead => {
  const listeners = new Set<(isLeading: boolean) => void>()
  let isLeading = false

  return {
    get isLeading() {
      return isLeading
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    turned: (next) => {
      if (next === isLeading) return
      isLeading = next
      for (const listener of listeners) listener(next)
    },
  }
}
