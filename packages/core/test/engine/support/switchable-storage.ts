import { SightlineError } from '../../../src/errors.ts'
import type { SnapshotStore } from '../../../src/ports/snapshots.ts'
import type { StorageDriver } from '../../../src/ports/storage.ts'

export type Trouble = 'none' | 'refuses' | 'hangs' | 'loses-answers'

/** A storage that can be taken away: `refuses` rejects at once, `hangs` never answers, `loses-answers` does the work and then fails. */
export interface SwitchableStorage extends StorageDriver {
  trouble: Trouble
  /** Calls that reached the real driver, by name. */
  readonly calls: ReadonlyMap<string, number>
}

export const switchableStorage = (driver: StorageDriver, initial: Trouble = 'none'): SwitchableStorage => {
  const calls = new Map<string, number>()
  let trouble = initial

  const guard =
    <A extends unknown[], T>(name: string, call: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      if (trouble === 'refuses') throw new SightlineError('UNAVAILABLE', 'The test took storage away.')
      if (trouble === 'hangs') return new Promise<never>(() => {})
      calls.set(name, (calls.get(name) ?? 0) + 1)
      const answer = await call(...args)
      if (trouble === 'loses-answers') throw new SightlineError('TIMEOUT', 'The test lost the answer.')
      return answer
    }

  const { snapshots } = driver
  const guarded: SnapshotStore = {
    load: guard('load', snapshots.load),
    heads: guard('heads', snapshots.heads),
    replace: guard('replace', snapshots.replace),
    raiseFence: guard('raiseFence', snapshots.raiseFence),
    history: guard('history', snapshots.history),
    revisions: guard('revisions', snapshots.revisions),
    remove: guard('remove', snapshots.remove),
    prune: guard('prune', snapshots.prune),
  }

  return {
    get trouble() {
      return trouble
    },
    set trouble(next) {
      trouble = next
    },
    calls,
    name: driver.name,
    connect: guard('connect', driver.connect),
    ping: guard('ping', driver.ping),
    close: () => driver.close(),
    snapshots: guarded,
    samples: driver.samples,
    logs: driver.logs,
    collection: driver.collection,
    commit: guard('commit', driver.commit),
    recover: guard('recover', driver.recover),
  }
}
