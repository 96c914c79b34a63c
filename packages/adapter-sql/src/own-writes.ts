import type { SqlDialect } from './dialect.ts'
import type { Script } from './statement.ts'

/** Tells whether anybody else can have written since it was last asked, so that what this process knows may be remembered. */
export interface OwnWrites {
  /** Within a transaction. `false` also where it cannot be known, and the first time. */
  areAlone(): Script<boolean>
}

export const ownWrites = (changeCounter: SqlDialect['changeCounter'], generation: () => number): OwnWrites => {
  let stamp = ''
  return {
    *areAlone() {
      if (changeCounter === null) return false
      const before = stamp
      stamp = `${generation()} ${JSON.stringify(yield changeCounter)}`
      return stamp === before
    },
  }
}
