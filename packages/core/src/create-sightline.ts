import { createAuthority } from './access/authority.ts'
import { toAccess } from './access/policies.ts'
import { createEmitter } from './emitter.ts'
import { createEngineReport } from './engine-report.ts'
import { createLeaderLease } from './leader-lease.ts'
import { createLead } from './leadership.ts'
import { createLifecycle } from './lifecycle.ts'
import { memoryBus } from './memory/memory-bus.ts'
import { memoryStorage } from './memory/memory-storage.ts'
import { storageLeases } from './memory/storage-leases.ts'
import { timerScheduler } from './memory/timer-scheduler.ts'
import { createMonitoring } from './monitoring.ts'
import { createAnswerCache } from './operations/answer-cache.ts'
import { metricsOperations } from './operations/metrics.ts'
import { createOperationRegistry } from './operations/registry.ts'
import type { Config, ContractOf, Plugins, RegionNames } from './options.ts'
import { collectParts } from './plugin-parts.ts'
import { createPluginRunner } from './plugin-runner.ts'
import { openUrlTargets } from './polling/open-url-targets.ts'
import { createTargetDirectory } from './polling/target-directory.ts'
import { createIntervalStore, restoreIntervals } from './polling/target-intervals.ts'
import { createTickRouter } from './polling/tick-router.ts'
import { systemClock } from './ports/clock.ts'
import { consoleLogger } from './ports/logger.ts'
import { createReadiness } from './readiness.ts'
import { createRemoteEvents } from './remote-events.ts'
import { createRemoteTargets } from './remote-targets.ts'
import { resolveOptions } from './resolve-options.ts'
import { createEntrance } from './sessions/entrance.ts'
import { createSessionRegistry } from './sessions/session-registry.ts'
import { createTransportSet } from './sessions/transport-set.ts'
import { shutDown } from './shutdown.ts'
import type { Sightline } from './sightline.ts'
import { createRetention } from './storage/retention.ts'
import { createSnapshotKeeper } from './storage/snapshot-keeper.ts'
import { createStorageLink } from './storage/storage-link.ts'
import { CORE_COLLECTIONS, storagePlan } from './storage/storage-plan.ts'
import { createStoreNews } from './storage/store-news.ts'
import { createTargetNews } from './target-news.ts'
import { createHub } from './topics/hub.ts'
import { createTargetBoard } from './topics/target-board.ts'
import { targetTopics } from './topics/target-topics.ts'
import { createTopicPublisher } from './topics/topic-publisher.ts'

const DAY_MS = 86_400_000
const LONGEST_DRAIN_MS = 2_000
const LONGEST_HANDOVER_MS = 5_000

/**
 * Puts a Sightline together: nothing is opened, asked or polled before `start()`.
 *
 * @throws SightlineError `INVALID_CONFIG`; `fields` lists every fault with its path.
 * @example
 * const sightline = createSightline({ access: allowAll(), apis: { orders: { regions: { 'us-east': { url } } } } })
 * await sightline.start()
 */
export const createSightline = <R extends RegionNames, D, const P extends Plugins = []>(
  config: Config<R, D, P>,
): Sightline<ContractOf<R, D, P>> => {
  const resolved = resolveOptions(config)
  const { tuning } = resolved
  const plugins: Plugins = config.plugins ?? []
  const clock = config.clock ?? systemClock()
  const random = config.random ?? Math.random
  const logger = config.logger ?? consoleLogger()
  const randomId = (): string => crypto.randomUUID()
  const origin = randomId()
  const driver = config.storage ?? memoryStorage()
  const bus = config.bus ?? memoryBus()
  const cache = config.cache ?? null
  const emitter = createEmitter({ logger })
  const authority = createAuthority({ access: toAccess(config.access), logger, clock })

  const link = createStorageLink({
    driver,
    plan: storagePlan(plugins),
    clock,
    random,
    logger,
    timeoutMs: tuning.storageTimeoutMs,
    prove: (storage) => storageLeases({ storage }).seize('storage', origin, 0),
    onUp: () => {
      keeper.storageUp()
      storeNews.storageUp()
      monitoring.storageUp()
      hub.loadWaiting()
      void readiness.attempt()
    },
    onAway: (error) => {
      keeper.storageAway()
      emitter.emit('storage:lost', error, { origin: 'local' })
    },
  })

  const lead = createLead()
  const hasTimers = config.scheduler === undefined
  const lease = createLeaderLease({
    link,
    clock,
    logger,
    holder: origin,
    // A scheduler that spreads ticks says who polls; who decides for all is then whoever was first.
    ...(hasTimers ? { name: 'polling', who: 'latest' } : { name: 'evaluate:0', who: 'first' }),
    onTurn: lead.turned,
  })
  const scheduler = config.scheduler ?? timerScheduler({ clock, fence: () => lease.fence })

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

  const ticks = createTickRouter({ scheduler, logger })
  const directory = createTargetDirectory({
    targets: resolved.targets,
    ticks,
    keeper,
    clock,
    random,
    logger,
    onChecked: (...checked) => news.checked(...checked),
  })

  const board = createTargetBoard({
    targets: resolved.targets,
    clock,
    epoch: origin,
    heartbeatMs: tuning.heartbeatMs,
    publish: (...change) => hub.publish(...change),
    report: (ids) => remoteTargets.checked(ids),
  })
  const intervals = createIntervalStore({ link })
  const reloadIntervals = (): Promise<void> => restoreIntervals({ intervals, directory, onRestored: board.retargeted })
  const transports = createTransportSet()
  const onGap = (): void => storeNews.gap()
  const remote = createRemoteEvents({
    bus,
    isAlone: config.bus === undefined,
    hub: () => hub,
    origin,
    randomId,
    clock,
    random,
    logger,
    onSnapshot: (...told) => storeNews.told(...told),
    onOpened: () => {
      remoteTargets.ask()
      monitoring.busOpened()
    },
    onGap,
  })

  const monitoring = createMonitoring({
    options: config,
    retention: config.retention ?? {},
    heartbeatMs: tuning.heartbeatMs,
    clock,
    random,
    randomId,
    logger,
    origin,
    link,
    leadership: lead,
    remote,
    emitter,
    publish: (...change) => publish(...change),
    ticks,
    hub: () => hub,
  })

  const { operations, topics, openTopics } = collectParts(
    {
      operations: {
        ...metricsOperations({
          link,
          directory,
          intervals,
          board,
          onRetargeted: (target) => {
            board.retargeted(target)
            remoteTargets.retimed()
          },
        }),
        ...monitoring.operations,
      },
      topics: targetTopics({ link, directory, keeper, board }),
      openTopics: monitoring.topics,
      collections: CORE_COLLECTIONS,
    },
    plugins,
  )
  const hub = createHub({ topics, transports: transports.all, logger })
  const remoteTargets = createRemoteTargets({ remote, directory, board, onRetimed: onGap, onTakenOver: lease.doubt })
  const news = createTargetNews({ hub, board, remote, emitter, keeper })
  const publish = createTopicPublisher({ topics, open: openTopics, hub, remote })
  const registry = createOperationRegistry({
    operations,
    authority,
    clock,
    logger,
    randomId,
    publish,
    answers: createAnswerCache({ cache, clock }),
    commit: (commits) => link.run((storage) => storage.commit(commits)),
  })
  const sessions = createSessionRegistry({ clock })
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
    uncompared: openTopics,
    reloadTargets: reloadIntervals,
  })
  const retention = createRetention({ link, clock, logger, historyMs: resolved.historyDays * DAY_MS })
  const pluginRunner = createPluginRunner({ plugins, context: { clock, logger, storage: driver, publish } })

  const readiness = createReadiness({
    load: async () => {
      await reloadIntervals()
      await link.run((storage) => storage.recover())
    },
    reason: () => link.error,
    clock,
    logger,
  })

  const announceAccess = (): void => {
    const access = authority.policy
    if (access === 'allow-all') logger.warn({ access }, 'Access is open: everybody who can reach this may do everything.')
    if (access === 'deny-all') logger.warn({ access }, 'No access policy is configured: nobody may see anything.')
  }

  const takeLease = async (): Promise<void> => {
    await lease.open()
    if (hasTimers) remoteTargets.takenOver()
  }

  const startRounds = (): void => {
    board.start()
    storeNews.start()
    retention.start()
  }

  const stopRounds = (): void => {
    board.stop()
    storeNews.stop()
    retention.stop()
    readiness.close()
    remote.close()
  }

  const lifecycle = createLifecycle({
    clock,
    end: async ({ timeoutMs, wasRunning }) => {
      stopRounds()
      await shutDown([['polling', directory.stop]], { clock, logger })
      await monitoring.stop({ timeoutMs: Math.min(timeoutMs, LONGEST_HANDOVER_MS) })
      if (!(await keeper.settle(wasRunning ? timeoutMs : 0))) {
        logger.warn({ writes: keeper.buffer.writes }, 'Stopped with changes that storage did not take.')
      }
      keeper.close()
      await lease.close({ timeoutMs })
      await pluginRunner.stop()
      const drainMs = Math.min(timeoutMs, LONGEST_DRAIN_MS)
      await shutDown(
        [
          ['transports', () => transports.close({ drainMs })],
          ['bus', () => bus.close()],
          ['cache', () => cache?.close()],
          ['storage', link.close],
        ],
        { clock, logger },
      )
      emitter.clear()
    },
  })

  const entrance = createEntrance({
    transports,
    sessions,
    hub,
    registry,
    authority,
    emitter,
    clock,
    randomId,
    isOver: () => lifecycle.isOver,
  })

  const report = createEngineReport({
    name: config.name ?? 'sightline',
    driver,
    bus,
    cache,
    scheduler,
    transports: transports.all,
    authority,
    plugins,
    operations,
    topics,
    directory,
    monitoring,
    board,
    keeper,
    hub,
    link,
    sessions,
    remote,
    feed: storeNews,
    clock,
    historyDays: resolved.historyDays,
    lifecycle,
    readiness,
  })

  const sightline: Omit<Sightline<ContractOf<R, D, P>>, '~contract'> = {
    start: ({ poll = true } = {}) =>
      lifecycle.start([
        announceAccess,
        () => openUrlTargets(resolved.urlTargets, config.http),
        remote.open,
        link.open,
        readiness.attempt,
        monitoring.start,
        pluginRunner.start,
        startRounds,
        () => poll && takeLease(),
        () => poll && monitoring.startChecks(),
        () => poll && directory.start(),
      ]),
    ready: ({ timeoutMs = 30_000, signal } = {}) => readiness.wait({ timeoutMs, signal }),
    stop: ({ timeoutMs = 10_000 } = {}) => lifecycle.stop(timeoutMs),
    on: emitter.on,
    service: monitoring.service,
    log: monitoring.log,
    ...entrance,
    operations,
    topics,
    logger,
    ...report,
    sessions: {
      get count() {
        return sessions.count
      },
      revoke: sessions.revoke,
    },
  }
  // `~contract` exists for inference alone.
  return sightline as Sightline<ContractOf<R, D, P>>
}
