import { announceAccess } from './access/announce-access.ts'
import { createAuthority } from './access/authority.ts'
import { toAccess } from './access/policies.ts'
import { createCatalogue } from './catalogue.ts'
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
import type { Config, ContractOf, Plugins, RegionNames } from './options.ts'
import { createPluginRunner } from './plugin-runner.ts'
import { openUrlTargets } from './polling/open-url-targets.ts'
import { createTickRouter } from './polling/tick-router.ts'
import { alwaysTicking, createTickWatch } from './polling/tick-watch.ts'
import { systemClock } from './ports/clock.ts'
import { consoleLogger } from './ports/logger.ts'
import { createReadiness } from './readiness.ts'
import { createRemoteEvents } from './remote-events.ts'
import { resolveOptions } from './resolve-options.ts'
import { createEntrance } from './sessions/entrance.ts'
import { sessionOperations } from './sessions/session-operations.ts'
import { createSessionRegistry } from './sessions/session-registry.ts'
import { createSharedSessions } from './sessions/shared-sessions.ts'
import { createTransportSet } from './sessions/transport-set.ts'
import { shutDown } from './shutdown.ts'
import type { Sightline } from './sightline.ts'
import { createRetention } from './storage/retention.ts'
import { createStorageLink } from './storage/storage-link.ts'
import { CORE_COLLECTIONS, storagePlan } from './storage/storage-plan.ts'
import { createTargets } from './targets.ts'
import { createHub } from './topics/hub.ts'

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
  const surroundings = { clock, random, randomId, logger, origin }
  const driver = config.storage ?? memoryStorage()
  const bus = config.bus ?? memoryBus()
  const cache = config.cache ?? null
  const sessionStore = config.sessions ?? null
  const emitter = createEmitter({ logger })
  const authority = createAuthority({ access: toAccess(config.access), logger, clock })

  const link = createStorageLink({
    driver,
    plan: storagePlan(plugins),
    ...surroundings,
    timeoutMs: tuning.storageTimeoutMs,
    prove: (storage) => storageLeases({ storage }).seize('storage', origin, 0),
    onUp: () => {
      targets.storageUp()
      monitoring.storageUp()
      hub.loadWaiting()
      void readiness.attempt()
    },
    onAway: (error) => {
      targets.storageAway()
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

  const ticks = createTickRouter({ scheduler, logger })
  const tickWatch = hasTimers ? alwaysTicking : createTickWatch({ scheduler, clock, logger })
  const transports = createTransportSet()
  const hub = createHub({ transports: transports.all, logger })
  const remote = createRemoteEvents({
    bus,
    isAlone: config.bus === undefined,
    hub,
    ...surroundings,
    onSnapshot: (...told) => targets.told(...told),
    onOpened: () => {
      targets.busOpened()
      monitoring.busOpened()
    },
    onGap: () => targets.gap(),
  })

  const targets = createTargets({
    targets: resolved.targets,
    tuning,
    driver,
    link,
    ticks,
    remote,
    hub,
    lease,
    ...surroundings,
    emitter,
  })

  const monitoring = createMonitoring({
    options: config,
    retention: config.retention ?? {},
    heartbeatMs: tuning.heartbeatMs,
    ...surroundings,
    link,
    leadership: lead,
    remote,
    emitter,
    publish: (...change) => publish(...change),
    ticks,
    tickWatch,
    hub,
  })

  const { operations, topics, registry, publish, warmUp } = createCatalogue({
    parts: {
      operations: {
        ...targets.operations,
        ...monitoring.operations,
        ...sessionOperations({ list: (...asked) => shared.list(...asked) }),
      },
      topics: targets.topics,
      openTopics: monitoring.topics,
      collections: CORE_COLLECTIONS,
    },
    plugins,
    cache,
    authority,
    link,
    hub,
    remote,
    clock,
    logger,
    randomId,
  })
  const sessions = createSessionRegistry({ clock })
  const shared = createSharedSessions({ store: sessionStore, sessions, clock, logger, origin })
  const retention = createRetention({ link, clock, logger, historyMs: resolved.historyDays * DAY_MS })
  const pluginRunner = createPluginRunner({ plugins, context: { clock, logger, storage: driver, publish } })

  const readiness = createReadiness({
    load: async () => {
      await targets.load()
      await link.run((storage) => storage.recover())
      warmUp.start()
    },
    reason: () => link.error,
    clock,
    logger,
  })

  const takeLease = async (): Promise<void> => {
    await lease.open()
    if (hasTimers) targets.takenOver()
  }

  const rounds = [targets, retention, tickWatch, shared]

  const startRounds = (): void => {
    for (const round of rounds) round.start()
  }

  const stopRounds = (): void => {
    for (const round of rounds) round.stop()
    warmUp.stop()
    readiness.close()
    remote.close()
  }

  const lifecycle = createLifecycle({
    clock,
    end: async ({ timeoutMs, wasRunning }) => {
      stopRounds()
      await shutDown([['polling', targets.directory.stop]], { clock, logger })
      await monitoring.stop({ timeoutMs: Math.min(timeoutMs, LONGEST_HANDOVER_MS) })
      await targets.settle(wasRunning ? timeoutMs : 0)
      await lease.close({ timeoutMs })
      await pluginRunner.stop()
      const drainMs = Math.min(timeoutMs, LONGEST_DRAIN_MS)
      await shutDown(
        [
          ['transports', () => transports.close({ drainMs })],
          ['bus', () => bus.close()],
          ['cache', () => cache?.close()],
          ['sessions', () => sessionStore?.close()],
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
    shared,
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
    targets,
    monitoring,
    hub,
    tickWatch,
    link,
    sessions,
    shared,
    sessionStore,
    remote,
    clock,
    historyDays: resolved.historyDays,
    lifecycle,
    readiness,
  })

  const sightline: Omit<Sightline<ContractOf<R, D, P>>, '~contract'> = {
    start: ({ poll = true } = {}) =>
      lifecycle.start([
        () => announceAccess(authority.policy, logger),
        () => openUrlTargets(resolved.urlTargets, config.http),
        remote.open,
        link.open,
        readiness.attempt,
        monitoring.start,
        pluginRunner.start,
        startRounds,
        () => poll && takeLease(),
        () => poll && monitoring.startChecks(),
        () => poll && targets.poll(),
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
