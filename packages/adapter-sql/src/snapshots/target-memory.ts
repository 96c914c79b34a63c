import type { SnapshotKey } from '@sightline/core/ports'
import type { OwnWrites } from '../own-writes.ts'
import type { Script } from '../statement.ts'
import { noneWon, type TargetState } from './decide-replace.ts'
import type { StoredKey } from './snapshot-statements.ts'
import { targetKey, toStoredKey } from './targets.ts'

/**
 * What this process knows of targets from its own writes, for as long as nobody else writes: the usual change is decided without asking the
 * database. Nothing is believed that was not committed.
 */
export interface TargetMemory {
  /** What a key is called here: a caller that comes with the same one at every change has it spelled once. */
  identify(key: SnapshotKey): TargetIdentity
  /** At the start of a transaction. */
  begin(): Script<void>
  /** As the transaction has left it so far. */
  get(name: string): TargetState | undefined
  /** As this process left it last, whatever others did since. */
  guess(name: string): TargetState | undefined
  stage(name: string, state: TargetState): void
  forget(name: string): void
  /** When the transaction is committed. */
  adopt(): void
  clear(): void
}

export interface TargetIdentity {
  readonly stored: StoredKey
  /** `targetKey` of it. */
  readonly name: string
}

/** Above this many the memory starts anew; one takes about a kilobyte. */
const mostRemembered = 20_000

/** `isTrusted` false: what was before the transaction is only good to guess by. */
export const targetMemory = (writes: OwnWrites, { isTrusted }: { readonly isTrusted: boolean }): TargetMemory => {
  const known = new Map<string, TargetState>()
  const staged = new Map<string, TargetState>()
  const identities = new WeakMap<SnapshotKey, TargetIdentity>()
  return {
    identify: (key) => {
      const known = identities.get(key)
      if (known !== undefined) return known
      const stored = toStoredKey(key)
      const identity = { stored, name: targetKey(stored) }
      identities.set(key, identity)
      return identity
    },
    *begin() {
      const isAlone = yield* writes.areAlone()
      // Something staged is left where the last transaction failed, or nobody knows whether it did.
      if ((isTrusted && !isAlone) || staged.size > 0 || known.size > mostRemembered) known.clear()
      staged.clear()
    },
    get: (name) => staged.get(name) ?? (isTrusted ? known.get(name) : undefined),
    guess: (name) => known.get(name),
    stage: (name, state) => void staged.set(name, state),
    forget: (name) => {
      known.delete(name)
      staged.delete(name)
    },
    adopt: () => {
      for (const [name, state] of staged) known.set(name, { ...state, latest: null, won: noneWon })
      staged.clear()
    },
    clear: () => {
      known.clear()
      staged.clear()
    },
  }
}
