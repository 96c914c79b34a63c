import type { Authority } from './access/authority.ts'
import type { Counters } from './domain/counters.ts'
import type { Health, HealthCheck, HealthStatus } from './domain/health.ts'
import type { Info } from './domain/info.ts'
import type { Status } from './domain/status.ts'
import { SightlineError } from './errors.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { Monitoring } from './monitoring.ts'
import type { Operation } from './operations/define-operation.ts'
import { describeApis } from './operations/metrics.ts'
import type { Plugins } from './options.ts'
import type { TickWatch } from './polling/tick-watch.ts'
import type { Bus } from './ports/bus.ts'
import type { Cache } from './ports/cache.ts'
import type { Clock } from './ports/clock.ts'
import type { Scheduler } from './ports/scheduler.ts'
import type { SessionStore } from './ports/sessions.ts'
import type { StorageDriver } from './ports/storage.ts'
import type { Transport } from './ports/transport.ts'
import type { TargetState } from './protocol/contract.ts'
import type { Readiness } from './readiness.ts'
import type { RemoteEvents } from './remote-events.ts'
import { PROTOCOL } from './sessions/gateway.ts'
import type { SessionRegistry } from './sessions/session-registry.ts'
import type { SharedSessions } from './sessions/shared-sessions.ts'
import type { StorageLink } from './storage/storage-link.ts'
import { withTimeout } from './storage/with-timeout.ts'
import type { Targets } from './targets.ts'
import type { RegisteredTopic } from './topics/define-topic.ts'
import type { Hub } from './topics/hub.ts'
import { VERSION } from './version.ts'

export interface EngineReportOptions {
  readonly name: string
  readonly driver: StorageDriver
  readonly bus: Bus
  readonly cache: Cache | null
  readonly scheduler: Scheduler
  readonly transports: ReadonlySet<Transport>
  readonly authority: Authority
  readonly plugins: Plugins
  readonly operations: ReadonlyMap<string, Operation>
  readonly topics: ReadonlyMap<string, RegisteredTopic>
  readonly targets: Pick<Targets, 'directory' | 'board' | 'keeper' | 'feed'>
  readonly monitoring: Pick<Monitoring, 'counts' | 'hasEgress'>
  readonly hub: Hub
  readonly tickWatch: Pick<TickWatch, 'error'>
  readonly link: StorageLink
  readonly sessions: SessionRegistry
  readonly shared: Pick<SharedSessions, 'count'>
  readonly sessionStore: SessionStore | null
  readonly remote: RemoteEvents
  readonly clock: Clock
  readonly historyDays: number
  readonly lifecycle: Pick<Lifecycle, 'isServing' | 'startedAt'>
  readonly readiness: Pick<Readiness, 'isReady'>
}

/** What a running Sightline says of itself. */
export interface EngineReport {
  health(): Promise<Health>
  status(): Status
  info(): Info
  counters(): Counters
}

const CHECK_TIMEOUT_MS = 2_000

export const createEngineReport = (options: EngineReportOptions): EngineReport => {
  const {
    driver,
    bus,
    cache,
    scheduler,
    transports,
    authority,
    plugins,
    operations,
    topics,
    monitoring,
    hub,
    link,
    sessions,
    clock,
  } = options
  const { directory, board, keeper, feed } = options.targets

  const check = async (
    whenDown: HealthStatus,
    ask: () => Promise<unknown>,
    details?: HealthCheck['details'],
  ): Promise<HealthCheck> => {
    const startedAt = clock.monotonic()
    const done = (status: HealthStatus, error?: string): HealthCheck => ({
      status,
      latencyMs: clock.monotonic() - startedAt,
      ...(error === undefined ? {} : { error }),
      ...(details === undefined ? {} : { details }),
    })
    try {
      await withTimeout({ clock, timeoutMs: CHECK_TIMEOUT_MS, what: 'It did not answer' }, ask)
      return done('healthy')
    } catch (thrown) {
      return done(whenDown, SightlineError.from(thrown).message)
    }
  }

  const countStates = (): Record<TargetState, number> => {
    const counts: Record<TargetState, number> = { waiting: 0, up: 0, failing: 0, open: 0, paused: 0 }
    for (const { status } of directory.pollers()) counts[status.state]++
    return counts
  }

  /** Away is what it is for the engine, whatever one more question would say. */
  const askStorage = async (): Promise<void> => {
    if (link.error !== null) throw link.error
    await link.ping()
    if (keeper.unwelcome > 0)
      throw new SightlineError('UNAVAILABLE', `Storage refuses the changes of ${keeper.unwelcome} target(s); the log says why.`)
  }

  const askTicks = async (): Promise<void> => {
    if (options.tickWatch.error !== null) throw options.tickWatch.error
  }

  const askOutside = async (): Promise<void> => {
    if (monitoring.hasEgress() === false)
      throw new SightlineError('UNAVAILABLE', 'No canary address answers: what fails meanwhile is inconclusive.')
  }

  const buffered = (): Record<string, number> => ({
    bufferedWrites: keeper.buffer.writes,
    bufferedBytes: keeper.buffer.bytes,
    droppedWrites: keeper.counters.dropped,
  })

  return {
    health: async () => {
      const { isServing, startedAt } = options.lifecycle
      const entries = await Promise.all([
        check('unhealthy', askStorage, buffered()).then((result) => ['storage', result] as const),
        check('degraded', () => bus.ping()).then((result) => ['bus', result] as const),
        ...(cache === null ? [] : [check('degraded', () => cache.get('health')).then((result) => ['cache', result] as const)]),
        ...(monitoring.hasEgress() === null ? [] : [check('degraded', askOutside).then((result) => ['egress', result] as const)]),
        check('healthy', async () => {}, { mode: feed.mode, reason: feed.reason }).then((result) => ['feed', result] as const),
        // A provider's trouble is listed; it does not make us unhealthy.
        check('degraded', askTicks, countStates()).then((result) => ['pollers', result] as const),
        ...plugins.flatMap(({ name, healthChecks = {} }) =>
          Object.entries(healthChecks).map(([part, ask]) =>
            check('degraded', ask).then((result) => [`${name}.${part}`, result] as const),
          ),
        ),
      ])
      const statuses = entries.map(([, { status }]) => status)
      return {
        status: statuses.includes('unhealthy') ? 'unhealthy' : statuses.includes('degraded') ? 'degraded' : 'healthy',
        live: true,
        ready: isServing && options.readiness.isReady,
        uptime: (clock.monotonic() - startedAt) / 1_000,
        at: clock.now(),
        checks: Object.fromEntries(entries),
      }
    },
    status: () => {
      const { services, activeIncidents } = monitoring.counts()
      return {
        targets: countStates(),
        services,
        openIncidents: activeIncidents,
        connectedClients: sessions.count,
        polls: board.regions(),
      }
    },
    info: () => {
      const apis = describeApis(directory.targets)
      return {
        name: options.name,
        version: VERSION,
        apis,
        regions: [...new Set(apis.flatMap(({ regions }) => regions.map(({ name }) => name)))],
        adapters: {
          storage: driver.name,
          bus: bus.name,
          cache: cache?.name ?? null,
          sessions: options.sessionStore?.name ?? null,
          scheduler: scheduler.name,
          transports: [...transports].map(({ name }) => name),
        },
        feed: { mode: feed.mode, reason: feed.reason },
        sessions: { here: sessions.count, everywhere: options.shared.count },
        access: authority.policy,
        plugins: plugins.map(({ name }) => name),
        operations: [...operations.keys()],
        topics: [...topics.keys()],
        features: {},
        retention: { historyDays: options.historyDays },
        protocol: PROTOCOL,
      }
    },
    counters: () => {
      const sum = { polls: 0, pollFailures: 0, pollsSkipped: 0, probesAbandoned: 0, changes: 0, targets: 0 }
      for (const { counts } of directory.pollers()) {
        sum.polls += counts.polls
        sum.pollFailures += counts.failures
        sum.pollsSkipped += counts.skipped
        sum.probesAbandoned += counts.abandoned
        sum.changes += counts.changes
        sum.targets++
      }
      const { writes, conflicts, fenced, dropped } = keeper.counters
      const { broadcasts, whole, patch, provisional, resyncs } = hub.counters
      const { services, samples, logs, activeIncidents, spooled } = monitoring.counts()
      return {
        ...sum,
        snapshotWrites: writes,
        writesConflicted: conflicts,
        writesFenced: fenced,
        writesDropped: dropped,
        broadcasts,
        frames: { whole, patch, provisional },
        resyncs,
        samplesStored: samples.stored,
        samplesDropped: samples.dropped,
        logLines: logs.accepted,
        logLinesDropped: logs.dropped,
        services,
        activeIncidents,
        spooled,
        feed: feed.mode,
        busEvents: options.remote.received,
        bufferedWrites: keeper.buffer.writes,
        bufferedBytes: keeper.buffer.bytes,
        sessions: sessions.count,
        subscriptions: sessions.subscriptions,
      }
    },
  }
}
