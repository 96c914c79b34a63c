import { SightlineError } from '../errors.ts'
import { pause } from '../pause.ts'
import type { TargetDirectory } from '../polling/target-directory.ts'
import type { Clock } from '../ports/clock.ts'
import type { Version } from '../ports/identity.ts'
import type { Logger } from '../ports/logger.ts'
import { fromSnapshotId, type SnapshotKey } from '../ports/snapshots.ts'
import type { ActiveTopic } from '../topics/active-topic.ts'
import type { Hub } from '../topics/hub.ts'
import { everyPage } from './every-page.ts'
import type { SnapshotKeeper } from './snapshot-keeper.ts'
import type { StorageLink } from './storage-link.ts'
import { isSameVersion } from './stored-head.ts'
import { trackId } from './target-track.ts'

export interface ReconcilerOptions {
  readonly link: Pick<StorageLink, 'run' | 'state'>
  readonly keeper: Pick<SnapshotKeeper, 'settledVersion' | 'correct'>
  readonly directory: Pick<TargetDirectory, 'targets'>
  readonly hub: Pick<Hub, 'active' | 'reload' | 'loadWaiting'>
  readonly clock: Clock
  readonly logger: Logger
  readonly reconcileMs: number
  /** Does storage tell by itself what changes? Then comparing is only for what it did not tell. */
  isTold(): boolean
  /** After a gap; rejects where storage failed. */
  onGap(): Promise<void>
  /** Topics that heads are compared for; the others are read again after a gap. */
  readonly compared: ReadonlySet<string>
}

/** Compares what this process believes with what storage holds, now and then and after every gap: hints may be lost, truth is not. */
export interface Reconciler {
  start(): void
  /** Hints may have been lost: compares at once, besides the rhythm. */
  gap(): Promise<void>
  stop(): void
}

const PAGE = 500
/** So many times less often where storage tells what changes. */
const TOLD_FACTOR = 10
/** Between two rounds for gaps, in ms: a bus that flaps must not keep storage busy. */
const GAP_PAUSE_MS = 100

type Heads = ReadonlyMap<string, Version>
/** What was shown of each topic. */
type ShownVersions = ReadonlyMap<ActiveTopic, Version | null>

const isAhead = (version: Version | null | undefined, of: Version): boolean =>
  version?.epoch === of.epoch && version.revision > of.revision

export const createReconciler = (options: ReconcilerOptions): Reconciler => {
  const { link, keeper, directory, hub, clock, logger, reconcileMs } = options
  const closing = new AbortController()
  let cancel = (): void => {}
  let running: Promise<void> | null = null
  let hasGap = false
  /** A gap that fell into an outage: there was nothing to compare with. */
  let owesGap = false

  const readHeads = async (): Promise<Heads> => {
    const heads = new Map<string, Version>()
    for await (const page of everyPage(PAGE, (request) => link.run((driver) => driver.snapshots.heads('system', request)))) {
      for (const head of page) if (head.deleted !== true) heads.set(trackId(fromSnapshotId(head.team, head.id)), head.version)
    }
    return heads
  }

  /** Targets whose settled version is not what storage holds; asked again, since heads may be older than a write that won meanwhile. */
  const rebaseStale = async (heads: Heads): Promise<void> => {
    const suspects: { readonly key: SnapshotKey; readonly settled: Version | null }[] = []
    for (const { key } of directory.targets) {
      const settled = keeper.settledVersion(key)
      if (settled !== undefined && !isSameVersion(settled, heads.get(trackId(key)) ?? null)) suspects.push({ key, settled })
    }
    for (let start = 0; start < suspects.length; start += PAGE) {
      const batch = suspects.slice(start, start + PAGE)
      const found = await link.run((driver) => driver.snapshots.load(batch.map(({ key }) => key)))
      batch.forEach(({ key, settled }, index) => {
        keeper.correct({ key, believed: settled, found: found[index] ?? null })
      })
    }
  }

  const comparable = function* (): Iterable<readonly [topic: ActiveTopic, version: Version | null]> {
    for (const active of hub.active) {
      if (active.name === 'metrics' && active.content.kind === 'state') yield [active, active.content.room.version]
    }
  }

  /** Topics that do not show what storage holds. Who is ahead is behind storage only if they were ahead before it was read. */
  const reloadStale = async (heads: Heads, before: ShownVersions): Promise<void> => {
    for (const [active, shown] of [...comparable()]) {
      const { api, region } = active.params as { readonly api: string; readonly region: string }
      const stored = heads.get(trackId({ team: active.team, api, region }))
      if (stored === undefined || isSameVersion(shown, stored)) continue
      if (!isAhead(shown, stored) || isAhead(before.get(active), stored)) await hub.reload(active)
    }
  }

  const round = async (isAfterGap: boolean): Promise<void> => {
    owesGap ||= isAfterGap
    if (link.state !== 'up') return
    try {
      const before = new Map(comparable())
      const heads = await readHeads()
      await rebaseStale(heads)
      await reloadStale(heads, before)
      if (owesGap) await options.onGap()
      if (owesGap) for (const active of [...hub.active]) if (!options.compared.has(active.name)) await hub.reload(active)
      owesGap = false
      hub.loadWaiting()
    } catch (thrown) {
      logger.debug(
        { code: SightlineError.from(thrown).code },
        'What is shown could not be compared with storage; it will be tried again.',
      )
    }
  }

  const rounds = async (): Promise<void> => {
    do {
      const isAfterGap = hasGap
      hasGap = false
      await round(isAfterGap)
      // What was lost while it ran may have happened after it read.
      if (hasGap) await pause(GAP_PAUSE_MS, { clock, signals: [closing.signal] })
    } while (hasGap && !closing.signal.aborted)
  }

  const run = (): Promise<void> => {
    running ??= rounds().finally(() => {
      running = null
    })
    return running
  }

  const schedule = (): void => {
    if (closing.signal.aborted) return
    // One head a millisecond at most: ten thousand targets are compared every ten seconds.
    const pauseMs = Math.max(reconcileMs, directory.targets.length) * (options.isTold() ? TOLD_FACTOR : 1)
    cancel = clock.setTimer(pauseMs, () => void run().then(schedule))
  }

  return {
    start: schedule,
    gap: () => {
      if (closing.signal.aborted) return Promise.resolve()
      hasGap = true
      return run()
    },
    stop: () => {
      closing.abort()
      cancel()
    },
  }
}
