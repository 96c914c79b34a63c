import { toMetricsSnapshot } from '../domain/metrics-snapshot.ts'
import type { TargetDirectory } from '../polling/target-directory.ts'
import { TARGETS } from '../polling/target-intervals.ts'
import type { Clock } from '../ports/clock.ts'
import type { Head } from '../ports/identity.ts'
import type { Logger } from '../ports/logger.ts'
import { fromSnapshotId } from '../ports/snapshots.ts'
import type { StorageDriver } from '../ports/storage.ts'
import type { MetricsSnapshot } from '../protocol/contract.ts'
import type { TargetNews } from '../target-news.ts'
import type { Hub } from '../topics/hub.ts'
import { type ChangeFeed, createChangeFeed } from './change-feed.ts'
import { createHeadFollower } from './head-follower.ts'
import { createReconciler } from './reconciler.ts'
import type { SnapshotKeeper } from './snapshot-keeper.ts'
import type { StorageLink } from './storage-link.ts'

export interface StoreNewsOptions {
  readonly driver: StorageDriver
  readonly link: StorageLink
  readonly keeper: SnapshotKeeper
  readonly directory: TargetDirectory
  readonly hub: Hub
  readonly news: Pick<TargetNews, 'learned' | 'isTold'>
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  readonly reconcileMs: number
  /** Topics that heads are compared for. */
  readonly compared: ReadonlySet<string>
  /** What is kept of the targets may have been changed by others. */
  reloadTargets(): Promise<void>
}

/** How this process learns what others stored: told by the bus or by the database, and by comparing where something may be missing. */
export interface StoreNews extends Pick<ChangeFeed, 'mode' | 'reason' | 'storageUp'> {
  /** Another process stored a document, and `shown` is what clients see of it: null where that was not carried. */
  told(head: Head, shown: MetricsSnapshot | null): void
  /** Something may be missing: compares at once. */
  gap(): void
  start(): void
  stop(): void
}

/** As change feeds call it. */
const SNAPSHOTS = 'snapshots'

export const createStoreNews = (options: StoreNewsOptions): StoreNews => {
  const { driver, link, keeper, directory, hub, news, clock, random, logger } = options
  const gap = (): void => void reconciler.gap()

  const follower = createHeadFollower({
    link,
    keeper,
    directory,
    logger,
    isWanted: ({ version }, key) => !news.isTold(key, version),
    onFound: (snapshot) => news.learned({ key: snapshot.key, version: snapshot.version, shown: toMetricsSnapshot(snapshot) }),
    onGap: gap,
  })
  const feed = createChangeFeed({
    driver,
    stores: [SNAPSHOTS, TARGETS.name],
    clock,
    random,
    logger,
    onChanged: (store, head) => (store === SNAPSHOTS ? follower.announced(head) : gap()),
    onGap: gap,
  })
  const reconciler = createReconciler({
    link,
    keeper,
    directory,
    hub,
    clock,
    logger,
    reconcileMs: options.reconcileMs,
    isTold: () => feed.mode !== 'off',
    onGap: options.reloadTargets,
    compared: options.compared,
  })

  return {
    get mode() {
      return feed.mode
    },
    get reason() {
      return feed.reason
    },
    storageUp: feed.storageUp,
    told: (head, shown) => {
      if (shown !== null) news.learned({ key: fromSnapshotId(head.team, head.id), version: head.version, shown })
      follower.announced(head)
    },
    gap,
    start: reconciler.start,
    stop: () => {
      reconciler.stop()
      feed.stop()
    },
  }
}
