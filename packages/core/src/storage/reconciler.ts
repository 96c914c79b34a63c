import { SightlineError } from '../errors.ts'
import type { TargetDirectory } from '../polling/target-directory.ts'
import type { Clock } from '../ports/clock.ts'
import type { Version } from '../ports/identity.ts'
import type { Logger } from '../ports/logger.ts'
import { fromSnapshotId, type SnapshotKey } from '../ports/snapshots.ts'
import type { Hub } from '../topics/hub.ts'
import { type SnapshotKeeper, trackId } from './snapshot-keeper.ts'
import type { StorageLink } from './storage-link.ts'
import { isSameVersion } from './stored-head.ts'

export interface ReconcilerOptions {
  readonly link: Pick<StorageLink, 'run' | 'state'>
  readonly keeper: Pick<SnapshotKeeper, 'settledVersion' | 'rebase'>
  readonly directory: Pick<TargetDirectory, 'targets'>
  readonly hub: Pick<Hub, 'active' | 'reload'>
  readonly clock: Clock
  readonly logger: Logger
  readonly reconcileMs: number
}

/** Compares what this process believes with what storage holds, now and then and after every gap: hints may be lost, truth is not. */
export interface Reconciler {
  start(): void
  /** At once, besides the rhythm. */
  run(): Promise<void>
  stop(): void
}

const PAGE = 500

export const createReconciler = ({ link, keeper, directory, hub, clock, logger, reconcileMs }: ReconcilerOptions): Reconciler => {
  let cancel = (): void => {}
  let running: Promise<void> | null = null
  let stopped = false

  const readHeads = async (): Promise<ReadonlyMap<string, Version>> => {
    const heads = new Map<string, Version>()
    let cursor: string | null = null
    do {
      const request: { limit: number; cursor?: string } = cursor === null ? { limit: PAGE } : { limit: PAGE, cursor }
      const page = await link.run((driver) => driver.snapshots.heads('system', request))
      for (const head of page.items) if (head.deleted !== true) heads.set(trackId(fromSnapshotId(head.team, head.id)), head.version)
      cursor = page.next
    } while (cursor !== null)
    return heads
  }

  /** Targets whose settled version is not what storage holds; asked again, since heads may be older than a write that won meanwhile. */
  const rebaseStale = async (heads: ReadonlyMap<string, Version>): Promise<void> => {
    const isStale = (key: SnapshotKey, stored: Version | null): boolean => {
      const settled = keeper.settledVersion(key)
      return settled !== undefined && !isSameVersion(settled, stored)
    }
    const suspects = directory.targets.map(({ key }) => key).filter((key) => isStale(key, heads.get(trackId(key)) ?? null))
    for (let start = 0; start < suspects.length; start += PAGE) {
      const keys = suspects.slice(start, start + PAGE)
      const found = await link.run((driver) => driver.snapshots.load(keys))
      keys.forEach((key, index) => {
        const current = found[index] ?? null
        if (isStale(key, current?.version ?? null)) keeper.rebase(key, current)
      })
    }
  }

  const reloadStale = async (heads: ReadonlyMap<string, Version>): Promise<void> => {
    for (const active of hub.active) {
      if (active.name !== 'metrics' || active.content.kind !== 'state' || !active.loaded) continue
      const { api, region } = active.params as { readonly api: string; readonly region: string }
      const stored = heads.get(trackId({ team: active.team, api, region }))
      const shown = active.content.room.version
      if (stored !== undefined && !isSameVersion(shown, stored) && !(shown?.epoch === stored.epoch && shown.revision > stored.revision)) await hub.reload(active)
    }
  }

  const reconcile = async (): Promise<void> => {
    if (link.state !== 'up') return
    try {
      const heads = await readHeads()
      await rebaseStale(heads)
      await reloadStale(heads)
    } catch (thrown) {
      logger.debug({ code: SightlineError.from(thrown).code }, 'What is shown could not be compared with storage; it will be tried again.')
    }
  }

  const run = (): Promise<void> => {
    running ??= reconcile().finally(() => {
      running = null
    })
    return running
  }

  const schedule = (): void => {
    if (stopped) return
    // One head a millisecond at most: ten thousand targets are compared every ten seconds.
    const pauseMs = Math.max(reconcileMs, directory.targets.length)
    cancel = clock.setTimer(pauseMs, () => void run().then(schedule))
  }

  return {
    start: schedule,
    run,
    stop: () => {
      stopped = true
      cancel()
    },
  }
}
