import type { Emitter } from './emitter.ts'
import type { EngineContext } from './engine-part.ts'
import type { LeaderLease } from './leader-lease.ts'
import type { Operation } from './operations/define-operation.ts'
import { metricsOperations } from './operations/metrics.ts'
import type { TuningOptions } from './options.ts'
import type { Target } from './polling/target.ts'
import { createTargetDirectory, type TargetDirectory } from './polling/target-directory.ts'
import { createIntervalStore, restoreIntervals } from './polling/target-intervals.ts'
import type { TickRouter } from './polling/tick-router.ts'
import type { StorageDriver } from './ports/storage.ts'
import type { RemoteEvents } from './remote-events.ts'
import { createRemoteTargets } from './remote-targets.ts'
import { createSnapshotKeeper, type SnapshotKeeper } from './storage/snapshot-keeper.ts'
import type { StorageLink } from './storage/storage-link.ts'
import { createStoreNews, type StoreNews } from './storage/store-news.ts'
import { createTargetNews } from './target-news.ts'
import type { RegisteredTopic } from './topics/define-topic.ts'
import type { Hub } from './topics/hub.ts'
import { createTargetBoard, type TargetBoard } from './topics/target-board.ts'
import { targetTopics } from './topics/target-topics.ts'

export interface TargetsDependencies extends Pick<EngineContext, 'clock' | 'random' | 'logger' | 'origin'> {
  readonly targets: readonly Target[]
  readonly tuning: Required<TuningOptions>
  readonly driver: StorageDriver
  readonly link: StorageLink
  readonly ticks: TickRouter
  readonly remote: RemoteEvents
  readonly hub: Hub
  readonly emitter: Emitter
  readonly lease: Pick<LeaderLease, 'doubt'>
}

/** What is polled, put together: a tick goes in, a change comes out, stored and told; what others poll is shown as well. */
export interface Targets extends Pick<StoreNews, 'told' | 'gap'> {
  readonly operations: Readonly<Record<string, Operation>>
  readonly topics: Readonly<Record<string, RegisteredTopic>>
  readonly directory: TargetDirectory
  readonly board: TargetBoard
  readonly keeper: SnapshotKeeper
  readonly feed: Pick<StoreNews, 'mode' | 'reason'>
  /** Reads what is kept of the targets. Rejects while storage is away. */
  load(): Promise<void>
  start(): void
  /** From now on this process polls. */
  poll(): Promise<void>
  /** This process polls, and none else. */
  takenOver(): void
  storageUp(): void
  storageAway(): void
  busOpened(): void
  /** Nothing is compared or told any more. */
  stop(): void
  /** Hands over what waits for storage, for at most `timeoutMs`. */
  settle(timeoutMs: number): Promise<void>
}

export const createTargets = (deps: TargetsDependencies): Targets => {
  const { targets, tuning, driver, link, ticks, remote, hub, lease, clock, random, logger, origin, emitter } = deps
  const gap = (): void => storeNews.gap()

  const keeper = createSnapshotKeeper({
    link,
    clock,
    logger,
    origin,
    maxBufferedWrites: tuning.maxBufferedWrites,
    maxBufferedBytes: tuning.maxBufferedBytes,
    provisionalAfterMs: tuning.provisionalAfterMs,
    onStored: (snapshot, _change, superseded) => news.stored(snapshot, superseded),
    onProvisional: (change) => news.provisional(change),
    onAdopted: (key, current) => {
      directory.rebase(key, current)
      news.noted(key, current)
    },
    onFenced: lease.doubt,
    onOvertaken: (key, current) => {
      directory.rebase(key, current)
      news.overtaken(key, current)
    },
    onReplayed: (replay) => {
      logger.info(replay, 'What waited for storage is stored.')
      emitter.emit('storage:restored', replay, { origin: 'local' })
    },
  })

  const directory = createTargetDirectory({
    targets,
    ticks,
    keeper,
    clock,
    random,
    logger,
    onChecked: (...checked) => news.checked(...checked),
  })

  const board = createTargetBoard({
    targets,
    clock,
    epoch: origin,
    heartbeatMs: tuning.heartbeatMs,
    publish: hub.publish,
    report: (ids) => others.checked(ids),
  })

  const others = createRemoteTargets({ remote, directory, board, onRetimed: gap, onTakenOver: lease.doubt })
  const news = createTargetNews({ hub, board, remote, emitter, keeper })
  const topics = targetTopics({ link, directory, keeper, board })
  const intervals = createIntervalStore({ link })
  const load = (): Promise<void> => restoreIntervals({ intervals, directory, onRestored: board.retargeted })

  const storeNews = createStoreNews({
    driver,
    link,
    keeper,
    directory,
    hub,
    news,
    clock,
    random,
    logger,
    reconcileMs: tuning.reconcileMs,
    compared: new Set(Object.keys(topics)),
    reloadTargets: load,
  })

  return {
    operations: metricsOperations({
      link,
      directory,
      intervals,
      board,
      onRetargeted: (target) => {
        board.retargeted(target)
        others.retimed()
      },
    }),
    topics,
    directory,
    board,
    keeper,
    feed: storeNews,
    load,
    told: storeNews.told,
    gap,
    start: () => {
      board.start()
      storeNews.start()
    },
    poll: directory.start,
    takenOver: others.takenOver,
    storageUp: () => {
      keeper.storageUp()
      storeNews.storageUp()
    },
    storageAway: keeper.storageAway,
    busOpened: others.ask,
    stop: () => {
      board.stop()
      storeNews.stop()
    },
    settle: async (timeoutMs) => {
      if (!(await keeper.settle(timeoutMs))) {
        logger.warn({ writes: keeper.buffer.writes }, 'Stopped with changes that storage did not take.')
      }
      keeper.close()
    },
  }
}
