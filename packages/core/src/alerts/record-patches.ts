import { SightlineError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { CollectionDefinition, Stored } from '../ports/collections.ts'
import type { Logger } from '../ports/logger.ts'
import type { StorageLink } from '../storage/storage-link.ts'

export interface RecordPatchesOptions<T> {
  readonly definition: CollectionDefinition<T>
  readonly link: Pick<StorageLink, 'run' | 'state'>
  readonly clock: Clock
  readonly randomId: () => string
  readonly logger: Logger
  /** The record as it now stands in storage, changed or only looked at. */
  onStored(record: Stored<T>): void
}

/** Changes of records that may take their time: kept while storage is away, applied to what stands there when it is back. */
export interface RecordPatches<T> {
  /** Changes a record; what is asked for later is applied later. Idempotent changes only: one may be applied twice. */
  patch(team: string, id: string, change: (value: T) => T): void
  /** Tells `onStored` how it stands. */
  look(team: string, id: string): void
  storageUp(): void
  /** Writes what waits, as far as storage lets it. */
  stop(): Promise<void>
}

interface Patch<T> {
  readonly team: string
  readonly id: string
  readonly since: number
  change(value: T): T
}

const BATCH = 200
const AGAIN_MS = 2_000
/** What is kept at most; the oldest is let go first. */
const MOST_PATCHES = 20_000
/** A record that has not come into storage for so long, since it could be asked, will not come. */
const PATIENCE_MS = 3_600_000

export const createRecordPatches = <T>(options: RecordPatchesOptions<T>): RecordPatches<T> => {
  const { definition, link, clock, randomId, logger, onStored } = options
  const waiting = new Map<string, Patch<T>>()
  let isStopped = false
  let working: Promise<void> | null = null
  let cancel: (() => void) | null = null
  let dropped = 0

  const keyOf = ({ team, id }: { readonly team: string; readonly id: string }): string => JSON.stringify([team, id])

  const add = (patch: Patch<T>): void => {
    const key = keyOf(patch)
    const before = waiting.get(key)
    waiting.set(key, before === undefined ? patch : { ...before, change: (value) => patch.change(before.change(value)) })
    const [oldest] = waiting.keys()
    if (waiting.size <= MOST_PATCHES || oldest === undefined) return
    waiting.delete(oldest)
    if (dropped++ === 0) logger.warn({ store: definition.name }, 'Too many changes wait for storage; the oldest are let go.')
  }

  /** Back in, before what came meanwhile. */
  const putBack = (patches: readonly Patch<T>[]): void => {
    for (const patch of patches) {
      const later = waiting.get(keyOf(patch))
      if (later === undefined) waiting.set(keyOf(patch), patch)
      else waiting.set(keyOf(patch), { ...patch, change: (value) => later.change(patch.change(value)) })
    }
  }

  const write = async (team: string, patches: readonly Patch<T>[]): Promise<void> => {
    const found = await link.run((driver) =>
      driver.collection(definition).load(
        { team },
        patches.map(({ id }) => id),
      ),
    )
    const known = patches.flatMap((patch, index) => {
      const stored = found[index]
      if (stored === null || stored === undefined) {
        // It may still be in the spool.
        if (clock.monotonic() - patch.since < PATIENCE_MS) putBack([patch])
        return []
      }
      const value = patch.change(stored.value)
      if (value === stored.value) onStored(stored)
      return value === stored.value ? [] : [{ patch, stored, value }]
    })
    if (known.length === 0) return
    const outcomes = await link.run((driver) =>
      driver.commit(
        known.map(({ patch: { id }, stored, value }) => ({
          write: { store: definition.name, id, team, expected: stored.version, writeId: randomId(), at: clock.now(), value },
          then: [],
        })),
      ),
    )
    for (const [index, { patch }] of known.entries()) {
      const outcome = outcomes[index]
      if (outcome?.ok === true) onStored(outcome.record as Stored<T>)
      else putBack([patch])
    }
  }

  const work = async (): Promise<void> => {
    const all = [...waiting.values()].slice(0, BATCH)
    for (const { team, id } of all) waiting.delete(keyOf({ team, id }))
    for (const [team, patches] of Map.groupBy(all, ({ team }) => team)) {
      await write(team, patches).catch((thrown) => {
        putBack(patches)
        logger.debug({ code: SightlineError.from(thrown).code, store: definition.name }, 'A change waits for storage.')
      })
    }
  }

  const run = (): void => {
    if (working !== null || waiting.size === 0 || link.state !== 'up') return
    const before = waiting.size
    working = work().finally(() => {
      working = null
      if (isStopped || waiting.size === 0) return
      // What was put back needs time; what came meanwhile does not.
      plan(waiting.size >= before ? AGAIN_MS : 0)
    })
  }

  const plan = (delayMs: number): void => {
    if (isStopped || cancel !== null) return
    cancel = clock.setTimer(delayMs, () => {
      cancel = null
      run()
    })
  }

  const patch = (team: string, id: string, change: (value: T) => T): void => {
    add({ team, id, since: clock.monotonic(), change })
    plan(0)
  }

  return {
    patch,
    look: (team, id) => patch(team, id, (value) => value),
    storageUp: run,
    stop: async () => {
      isStopped = true
      cancel?.()
      await working
      for (let round = 0; round < 3 && waiting.size > 0 && link.state === 'up'; round++) {
        while (waiting.size > BATCH) await work()
        await work()
      }
    },
  }
}
