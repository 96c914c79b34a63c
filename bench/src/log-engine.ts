import { setTimeout as sleep } from 'node:timers/promises'
import { allowAll, createSightline, type LogInput, type Probe, SightlineError } from '@sightline/core'
import type { StorageDriver } from '@sightline/core/ports'

/** Sightline on a storage, with nothing to poll: log lines go in and are searched for by its operations. */
export const startLogEngine = async (storage: StorageDriver) => {
  const probe: Probe = { collect: async () => ({ outcome: 'value', value: 1, latencyMs: 1, values: {} }) }
  const sightline = createSightline({
    access: allowAll(),
    storage,
    apis: { none: { intervalMs: 3_600_000, regions: { local: { probe } } } },
  })
  await sightline.start()
  const call = (operation: string, input: unknown): Promise<unknown> => sightline.call({ operation, input, as: 'system' })
  let refusals = 0

  return {
    sightline,
    call,
    /** Batches that found no room at first, so far. */
    get refusals() {
      return refusals
    },
    /** Resolves when all of them are taken in, however often that is refused. */
    ingest: async (entries: readonly LogInput[]): Promise<void> => {
      for (;;) {
        try {
          await call('logs.ingest', { entries })
          return
        } catch (thrown) {
          if (SightlineError.from(thrown).code !== 'TOO_MANY_REQUESTS') throw thrown
          refusals++
          await sleep(20)
        }
      }
    },
  }
}
