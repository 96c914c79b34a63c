import { SightlineError } from '../errors.ts'
import type { Snapshot, SnapshotKey } from '../ports/snapshots.ts'
import type { StorageLink } from './storage-link.ts'

export interface TakeoversOptions {
  readonly link: Pick<StorageLink, 'run'>
  /** What is stored of a target, at its take-over. */
  onLoaded(key: SnapshotKey, stored: Snapshot | null): void
}

/** Targets that this process takes over: their fences are raised and what is stored of them is loaded, many in one round trip. */
export interface Takeovers {
  readonly waiting: number
  add(key: SnapshotKey, fence: number): Promise<void>
  /** Never rejects: who waits is told. */
  run(): Promise<void>
  close(): void
}

const BATCH = 500

interface Takeover {
  readonly key: SnapshotKey
  readonly fence: number
  resolve(): void
  reject(error: unknown): void
}

export const createTakeovers = ({ link, onLoaded }: TakeoversOptions): Takeovers => {
  const waiting: Takeover[] = []
  let closed = false

  const runBatch = async (batch: readonly Takeover[]): Promise<void> => {
    try {
      for (const [fence, group] of Map.groupBy(batch, (takeover) => takeover.fence)) {
        await link.run((driver) =>
          driver.snapshots.raiseFence(
            group.map(({ key }) => key),
            fence,
          ),
        )
      }
      // After the fences, so that no predecessor writes behind what is loaded.
      const found = await link.run((driver) => driver.snapshots.load(batch.map(({ key }) => key)))
      batch.forEach(({ key, resolve }, index) => {
        onLoaded(key, found[index] ?? null)
        resolve()
      })
    } catch (thrown) {
      for (const { reject } of batch) reject(thrown)
    }
  }

  const stopping = (): SightlineError => new SightlineError('ABORTED', 'Sightline is stopping.')

  return {
    get waiting() {
      return waiting.length
    },
    add: (key, fence) =>
      new Promise((resolve, reject) => {
        if (closed) reject(stopping())
        else waiting.push({ key, fence, resolve, reject })
      }),
    run: async () => {
      while (waiting.length > 0) await runBatch(waiting.splice(0, BATCH))
    },
    close: () => {
      closed = true
      for (const { reject } of waiting.splice(0)) reject(stopping())
    },
  }
}
