import { createAuthority } from './access/authority.ts'
import { toAccess } from './access/policies.ts'
import type { SnapshotChange } from './changes/snapshot-change.ts'
import { toMetricsSnapshot } from './domain/metrics-snapshot.ts'
import { createEmitter } from './emitter.ts'
import { createEngineReport } from './engine-report.ts'
import { SightlineError } from './errors.ts'
import { memoryBus } from './memory/memory-bus.ts'
import { memoryStorage } from './memory/memory-storage.ts'
import { timerScheduler } from './memory/timer-scheduler.ts'
import { AUDIT } from './operations/audit.ts'
import { metricsOperations } from './operations/metrics.ts'
import { createOperationRegistry } from './operations/registry.ts'
import type { Operation } from './operations/define-operation.ts'
import type { Config, ContractOf, Plugins, RegionNames } from './options.ts'
import { openUrlTargets } from './polling/open-url-targets.ts'
import { scheduleId } from './polling/target.ts'
import { createTargetDirectory } from './polling/target-directory.ts'
import { createIntervalStore, TARGETS } from './polling/target-intervals.ts'
import type { CollectionDefinition } from './ports/collections.ts'
import { systemClock } from './ports/clock.ts'
import { silentLogger } from './ports/logger.ts'
import { type Snapshot, type SnapshotKey, snapshotId } from './ports/snapshots.ts'
import type { Transport } from './ports/transport.ts'
import { DEFAULT_TEAM } from './protocol/rooms.ts'
import { createRemoteEvents } from './remote-events.ts'
import { resolveOptions } from './resolve-options.ts'
import { createGateway } from './sessions/gateway.ts'
import { createSessionRegistry } from './sessions/session-registry.ts'
import type { Caller, Sightline } from './sightline.ts'
import { createReconciler } from './storage/reconciler.ts'
import { createRetention } from './storage/retention.ts'
import { createSnapshotKeeper } from './storage/snapshot-keeper.ts'
import { createStorageLink } from './storage/storage-link.ts'
import type { RegisteredTopic } from './topics/define-topic.ts'
import { createHub } from './topics/hub.ts'
import { createTargetBoard } from './topics/target-board.ts'
import { targetTopics, unstored } from './topics/target-topics.ts'
import { STORE_FORMAT } from './version.ts'

const MAX_SUBSCRIPTIONS = 2_000
const DAY_MS = 86_400_000

/**
 * Puts a Sightline together: nothing is opened, asked or polled before `start()`.
 *
 * @throws SightlineError `INVALID_CONFIG`; `fields` lists every fault with its path.
 * @example
 * const sightline = createSightline({ access: allowAll(), apis: { orders: { regions: { 'us-east': { url } } } } })
 * await sightline.start()
 */
export const createSightline = <R extends RegionNames, D, const P extends Plugins = []>(config: Config<R, D, P>): Sightline<ContractOf<R, D, P>> => {
  const resolved = resolveOptions(config)
  const { tuning } = resolved
  const plugins: Plugins = config.plugins ?? []
  const clock = config.clock ?? systemClock()
  const random = config.random ?? Math.random
  const logger = config.logger ?? silentLogger()
  const randomId = (): string => crypto.randomUUID()
  const origin = randomId()
  const driver = config.storage ?? memoryStorage()
  const bus = config.bus ?? memoryBus()
  const scheduler = config.scheduler ?? timerScheduler({ clock })
  const emitter = createEmitter({ logger })
  const authority = createAuthority({ access: toAccess(config.access), logger })
  const transports = new Set<Transport>()

  const link = createStorageLink({
    driver,
    plan: { collections: [AUDIT, TARGETS, ...plugins.flatMap(({ collections = [] }) => collections)] as readonly CollectionDefinition<never>[], format: STORE_FORMAT },
    clock,
    random,
    logger,
    timeoutMs: tuning.storageTimeoutMs,
    onUp: () => {
      keeper.storageUp()
      hub.storageUp()
      void firstLoad()
    },
    onAway: (error) => {
      keeper.storageAway()
      emitter.emit('storage:lost', error, { origin: 'local' })
    },
  })

  const keeper = createSnapshotKeeper({
    link,
    clock,
    logger,
    randomId,
    maxBufferedWrites: tuning.maxBufferedWrites,
    maxBufferedBytes: tuning.maxBufferedBytes,
    provisionalAfterMs: tuning.provisionalAfterMs,
    onStored: (snapshot, _change, superseded) => stored(snapshot, superseded),
    onProvisional: (change) => provisional(change),
    onOvertaken: (key, current) => {
      directory.rebase(key, current)
      noteStored(key, current)
      for (const active of hub.active) {
        if (active.name === 'metrics' && active.team === key.team && sameTarget(active.params, key)) void hub.reload(active)
      }
    },
    onReplayed: (replay) => {
      logger.info(replay, 'What waited for storage is stored.')
      emitter.emit('storage:restored', replay, { origin: 'local' })
    },
  })

  const directory = createTargetDirectory({
    targets: resolved.targets,
    scheduler,
    keeper: {
      offer: keeper.offer,
      adopt: async (key, fence) => {
        const snapshot = await keeper.adopt(key, fence)
        noteStored(key, snapshot)
        return snapshot
      },
    },
    clock,
    random,
    logger,
    onChecked: (target, status, before) => {
      board.checked(target.id, status)
      if (emitter.has('target:checked')) emitter.emit('target:checked', status, { origin: 'local' })
      if (status.state === before.state) return
      if (status.state === 'open') emitter.emit('circuit:opened', status, { origin: 'local' })
      if (before.state === 'open') emitter.emit('circuit:closed', status, { origin: 'local' })
    },
  })

  const topics = new Map<string, RegisteredTopic>()
  const hub = createHub({ topics, transports, logger })
  const board = createTargetBoard({ targets: resolved.targets, clock, epoch: origin, heartbeatMs: tuning.heartbeatMs, publish: hub.publish })
  const intervals = createIntervalStore({ link })

  const operations: ReadonlyMap<string, Operation> = new Map([
    ...Object.entries(metricsOperations({ link, directory, intervals, onRetargeted: board.retargeted })),
    ...plugins.flatMap((plugin) => Object.entries((plugin.operations ?? {}) as Record<string, Operation>)),
  ])
  const pluginTopics = plugins.flatMap((plugin) => Object.entries((plugin.topics ?? {}) as Record<string, RegisteredTopic>))
  for (const [name, topic] of [...Object.entries(targetTopics({ link, directory, keeper, board })), ...pluginTopics]) topics.set(name, topic)

  const remote = createRemoteEvents({ bus, hub, emitter, origin, randomId, clock, onGap: () => void reconciler.run() })
  const registry = createOperationRegistry({
    operations,
    authority,
    clock,
    logger,
    randomId,
    publish: hub.publish,
    commit: (commits) => link.run((storage) => storage.commit(commits)),
  })
  const sessions = createSessionRegistry({ clock })
  const reconciler = createReconciler({ link, keeper, directory, hub, clock, logger, reconcileMs: tuning.reconcileMs })
  const retention = createRetention({ link, clock, logger, historyMs: resolved.historyDays * DAY_MS })

  const noteStored = (key: SnapshotKey, snapshot: Snapshot | null): void =>
    board.stored(scheduleId(key), snapshot === null ? null : { revision: snapshot.version.revision, changedAt: snapshot.at })

  const stored = (snapshot: Snapshot, superseded: boolean): void => {
    const { key, version } = snapshot
    noteStored(key, snapshot)
    if (superseded) return
    const shown = toMetricsSnapshot(snapshot)
    hub.publish(key.team, 'metrics', { params: { api: key.api, region: key.region }, kind: 'state', version, data: shown })
    remote.publish({ type: 'snapshot:changed', head: { id: snapshotId(key), team: key.team, version }, payload: shown })
    emitter.emit('snapshot:changed', shown, { origin: 'local', provisional: false, key })
  }

  const provisional = (change: SnapshotChange): void => {
    const { key } = change
    const { version, data } = unstored(key, { ...change, version: keeper.lastVersion(key) })
    hub.publish(key.team, 'metrics', { params: { api: key.api, region: key.region }, kind: 'state', version, data, provisional: true })
    emitter.emit('snapshot:changed', data, { origin: 'local', provisional: true, key })
  }

  let phase: 'created' | 'running' | 'stopping' | 'stopped' = 'created'
  let startedAt = clock.monotonic()
  let isLoaded = false
  let whenLoaded: (() => void)[] = []
  let stopping: Promise<void> | null = null

  /** What was set while running, laid over the configuration; once, when storage first answers. */
  const firstLoad = async (): Promise<void> => {
    if (isLoaded) return
    try {
      const keys = directory.targets.map(({ key }) => key)
      const saved = await intervals.load(keys)
      for (const [index, intervalMs] of saved.entries()) {
        const key = keys[index]
        if (intervalMs === null || key === undefined) continue
        await directory.setInterval(key, intervalMs)
        board.retargeted(directory.require(key).target)
      }
      await link.run((storage) => storage.recover())
    } catch (thrown) {
      logger.warn({ code: SightlineError.from(thrown).code }, 'The first load from storage failed; it will be tried again.')
      return
    }
    isLoaded = true
    for (const resolve of whenLoaded) resolve()
    whenLoaded = []
  }

  const callerOf = ({ as, team }: Caller) => ({ principal: as, team: team ?? (as === 'system' || as === null ? DEFAULT_TEAM : (as.teams[0] ?? DEFAULT_TEAM)) })

  const report = createEngineReport({
    name: config.name ?? 'sightline',
    driver,
    bus,
    cache: config.cache ?? null,
    scheduler,
    transports,
    authority,
    plugins,
    operations,
    topics,
    directory,
    board,
    keeper,
    hub,
    link,
    sessions,
    remote,
    clock,
    historyDays: resolved.historyDays,
    phase: () => ({ isServing: phase === 'running', isLoaded, startedAt }),
  })

  const stop = async (timeoutMs: number): Promise<void> => {
    const wasRunning = phase === 'running'
    phase = 'stopping'
    reconciler.stop()
    retention.stop()
    board.stop()
    await directory.stop()
    if (!(await keeper.settle(wasRunning ? timeoutMs : 0))) logger.warn({ writes: keeper.buffer.writes }, 'Stopped with changes that storage did not take.')
    keeper.close()
    for (const plugin of plugins) await plugin.stop?.()
    await Promise.all([...transports].map((transport) => transport.close({ drainMs: Math.min(timeoutMs, 2_000) })))
    transports.clear()
    await bus.close()
    await config.cache?.close()
    await link.close()
    emitter.clear()
    phase = 'stopped'
  }

  const sightline: Omit<Sightline<ContractOf<R, D, P>>, '~contract'> = {
    start: async ({ poll = true } = {}) => {
      if (phase !== 'created') throw new SightlineError('CONFLICT', 'This Sightline was started before; create another one.')
      phase = 'running'
      startedAt = clock.monotonic()
      if (authority.policy === 'allow-all') logger.warn({ access: authority.policy }, 'Access is open: everybody who can reach this may do everything.')
      if (authority.policy === 'deny-all') logger.warn({ access: authority.policy }, 'No access policy is configured: nobody may see anything.')
      if (poll) await openUrlTargets(resolved.urlTargets, config.http)
      await remote.open()
      await link.open()
      await firstLoad()
      for (const plugin of plugins) await plugin.start?.({ clock, logger, storage: driver, publish: hub.publish })
      board.start()
      reconciler.start()
      retention.start()
      if (poll) await directory.start()
    },
    ready: ({ timeoutMs = 30_000, signal } = {}) =>
      new Promise((resolve, reject) => {
        if (isLoaded) return resolve()
        const cancel = clock.setTimer(timeoutMs, () => reject(new SightlineError('TIMEOUT', `Sightline was not ready within ${timeoutMs} ms.`, { cause: link.error })))
        signal?.addEventListener('abort', () => reject(new SightlineError('ABORTED', 'The caller gave up waiting.')), { once: true })
        whenLoaded.push(() => {
          cancel()
          resolve()
        })
      }),
    stop: ({ timeoutMs = 10_000 } = {}) => {
      stopping ??= stop(timeoutMs)
      return stopping
    },
    on: emitter.on,
    attach: async (transport, { as } = {}) => {
      transports.add(transport)
      await transport.open(
        createGateway({
          transport,
          sessions,
          hub,
          operations: registry,
          authority,
          clock,
          randomId,
          maxSubscriptions: MAX_SUBSCRIPTIONS,
          as,
          onOpened: ({ id }) => emitter.emit('session:opened', { id }, { origin: 'local' }),
          onClosed: ({ id }) => emitter.emit('session:closed', { id }, { origin: 'local' }),
        }),
      )
      return async ({ drainMs = 0 } = {}) => {
        transports.delete(transport)
        await transport.close({ drainMs })
      }
    },
    authenticate: authority.authenticate,
    call: (request) => registry.call({ ...request, ...callerOf(request) }),
    read: async (request) => {
      const { principal, team } = callerOf(request)
      const { definition, params, key } = await hub.resolve(request)
      if (principal !== 'system') await authority.demand({ principal, team, permission: definition.permission })
      return hub.read(definition, { key, name: request.topic, params, team, principal: principal === 'system' ? null : principal })
    },
    allows: async (request) => {
      const { principal, team } = callerOf(request)
      return principal === 'system' || authority.allows({ principal, team, permission: request.permission })
    },
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

const sameTarget = (params: unknown, { api, region }: SnapshotKey): boolean => {
  const ref = params as { readonly api: string; readonly region: string }
  return ref.api === api && ref.region === region
}
