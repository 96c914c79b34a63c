import type { OwnWrites } from '../own-writes.ts'
import type { Script } from '../statement.ts'
import { noneWon, type TargetState } from './decide-replace.ts'

/**
 * What this process knows of targets from its own writes, for as long as nobody else writes: the usual change is decided without asking the
 * database. Nothing is believed that was not committed.
 */
export interface TargetMemory {
  /** At the start of a transaction. */
  begin(): Script<void>
  /** As the transaction has left it so far. */
  get(name: string): TargetState | undefined
  stage(name: string, state: TargetState): void
  forget(name: string): void
  /** When the transaction is committed. */
  adopt(): void
  clear(): void
}

/** Above this many the memory starts anew; one takes about a kilobyte. */
const mostRemembered = 20_000

/** `isKept` false remembers within one transaction only. */
export const targetMemory = (writes: OwnWrites, { isKept }: { readonly isKept: boolean }): TargetMemory => {
  const known = new Map<string, TargetState>()
  const staged = new Map<string, TargetState>()
  return {
    *begin() {
      const isAlone = yield* writes.areAlone()
      // Something staged is left where the last transaction failed, or nobody knows whether it did.
      if (!isAlone || staged.size > 0 || known.size > mostRemembered) known.clear()
      staged.clear()
    },
    get: (name) => staged.get(name) ?? known.get(name),
    stage: (name, state) => void staged.set(name, state),
    forget: (name) => {
      known.delete(name)
      staged.delete(name)
    },
    adopt: () => {
      if (isKept) for (const [name, state] of staged) known.set(name, { ...state, latest: null, won: noneWon })
      staged.clear()
    },
    clear: () => {
      known.clear()
      staged.clear()
    },
  }
}
