import type { Sample } from '../domain/sample.ts'
import type { ServiceEvaluation } from '../domain/service-evaluation.ts'
import type { EngineContext, EnginePart } from '../engine-part.ts'
import { SightlineError } from '../errors.ts'
import { invalidConfig } from '../invalid-config.ts'
import type { Operation } from '../operations/define-operation.ts'
import type { TickRouter } from '../polling/tick-router.ts'
import type { ProbeKind } from '../ports/probe.ts'
import { DEFAULT_TEAM } from '../protocol/rooms.ts'
import type { Service, ServiceOperations, ServiceReport, ServiceTopics } from '../protocol/services.ts'
import type { RegisteredTopic } from '../topics/define-topic.ts'
import type { Hub } from '../topics/hub.ts'
import { type CheckRunnerOptions, createCheckRunner } from './check-runner.ts'
import { createRecordFollower } from './record-follower.ts'
import { createRemoteServices } from './remote-services.ts'
import { createReportIntake } from './report-intake.ts'
import { createServiceBoard } from './service-board.ts'
import { type ConfiguredService, createServiceDirectory } from './service-directory.ts'
import { createServiceEdits } from './service-edits.ts'
import { serviceOperations } from './service-operations.ts'
import { recordId, SERVICES, type ServiceRecord } from './service-record.ts'
import { createServiceReporter, type RunningReporter, type ServiceReporter, type Usage } from './service-reporter.ts'
import { checkFaults } from './service-schema.ts'
import { serviceTopics } from './service-topics.ts'
import { createStatusKeeper } from './status-keeper.ts'

export type { ConfiguredService }

/** The services of all teams: what they are, how they are checked, and how they are doing. */
export interface ServicesPart extends EnginePart {
  readonly operations: { readonly [N in keyof ServiceOperations]: Operation }
  readonly topics: { readonly [N in keyof ServiceTopics]: RegisteredTopic }
  /** The teams that have services. */
  teams(): readonly string[]
  /** A team's services by name, secrets of their checks included: for the rules, never to be shown. */
  services(team: string): ReadonlyMap<string, Service>
  /** Is it asked, or does it report itself? */
  isChecked(team: string, name: string): boolean
  /** From now on this process checks. To be called before the ticks start, and only where the process polls. */
  startChecks(): Promise<void>
  /** A service reports itself, in process. Never throws, never waits; what does not fit is counted and dropped. */
  observe(team: string, name: string, report: ServiceReport): void
  /** What `sightline.service(name)` gives; makes the service where there is none. Throws `INVALID_INPUT` for a name that cannot be one. */
  reporter(name: string): ServiceReporter
  /** How a service is doing from now on: called by the evaluation of the process that leads. Never waits. */
  show(team: string, name: string, verdict: ServiceEvaluation): void
  /** How many incidents of a service are not resolved. */
  counted(team: string, name: string, openIncidents: number): void
  /** Another process observed this: its numbers are shown too. Optional: what is observed here is known. */
  sampled(sample: Sample): void
  /** The bus opened, maybe only now: the other processes are asked how services are doing. */
  busOpened(): void
  /** Counts services by status, for `sightline.status()`. */
  statuses(): Readonly<Record<string, number>>
}

/** What the services need beside what every part is given. */
export interface ServicesDeps extends EngineContext {
  /** By name; of the default team. Judged by `findServiceFaults` before. */
  readonly configured: Readonly<Record<string, ConfiguredService>>
  /** Probe kinds of the configuration. It may be filled until `start`. */
  readonly kinds: ReadonlyMap<string, ProbeKind<unknown>>
  /** The same, made with a guard on addresses: for what is entered while running. */
  readonly guardedKinds: ReadonlyMap<string, ProbeKind<unknown>>
  readonly ticks: Pick<TickRouter, 'put' | 'remove'>
  /** Of this process alone: each process tells its own clients how services are doing. */
  readonly hub: Pick<Hub, 'publish' | 'find'>
  /** Where every sample goes: to the samples, and to the evaluation. Never waits. */
  observe(sample: Sample): void
  /** Of a check that failed: why it cannot be believed, or null. Default: it is believed. */
  readonly doubt?: CheckRunnerOptions['doubt']
  /** Services of a team came, changed or went. */
  onServicesChanged(team: string): void
  /** CPU and memory of this process, for `reporter`. Default: not reported. */
  readonly readUsage?: () => Usage
  /** How often what shows that a service is alive is refreshed. Default 1,000. */
  readonly heartbeatMs?: number
  /** How often this is compared with storage. Default 1,000. */
  readonly reconcileMs?: number
}

/** Names in a line of the log, at most. */
const MOST_MISSING = 20

/** Puts the services together: nothing is opened or checked before `start` and `startChecks`. */
export const createServicesPart = (deps: ServicesDeps): ServicesPart => {
  const { clock, random, logger, link, leadership, remote, hub, heartbeatMs = 1_000, reconcileMs = 1_000 } = deps
  const reporters = new Map<string, RunningReporter>()
  let isStarted = false
  let isStopped = false
  let isStoring = false
  let isMissingTold = false

  const observe = (sample: Sample): void => {
    board.sampled(sample)
    deps.observe(sample)
  }

  const directory = createServiceDirectory({
    configured: deps.configured,
    logger,
    onTurned: (turns) => {
      board.turned(turns)
      runner.turned(turns)
      for (const { team, name, after } of turns) if (after === null) statuses.forget(team, name)
      for (const team of new Set(turns.map((turn) => turn.team))) deps.onServicesChanged(team)
    },
  })

  const runner = createCheckRunner({
    ticks: deps.ticks,
    kinds: deps.kinds,
    guardedKinds: deps.guardedKinds,
    clock,
    random,
    logger,
    observe,
    ...(deps.doubt === undefined ? {} : { doubt: deps.doubt }),
  })

  const statuses = createStatusKeeper({
    link,
    leadership,
    clock,
    logger,
    randomId: deps.randomId,
    reconcileMs,
    onRecalled: (team, record) => board.recalled({ team, ...record }),
  })

  const board = createServiceBoard({
    clock,
    epoch: deps.origin,
    heartbeatMs,
    hub,
    isLeading: () => leadership.isLeading,
    report: (shown) => others.shown(shown),
    onStatus: (view, { team, before, shown, isOwn }) => {
      if (isOwn) statuses.turned(shown)
      if (view.status !== before) deps.emitter.emit('service:turned', view, { origin: isOwn ? 'local' : 'remote', team, before })
    },
  })

  const follower = createRecordFollower({
    definition: SERVICES,
    link,
    clock,
    logger,
    reconcileMs,
    onLearned: (changes) => directory.learned(changes),
  })

  const others = createRemoteServices({
    remote,
    own: () => board.own(),
    heard: (shown) => board.heard(shown),
    onChanged: () => void follower.compare(),
  })

  const intake = createReportIntake({
    directory: {
      ...directory,
      announce: (team, name) => {
        const isAnnounced = directory.announce(team, name)
        if (isAnnounced) void storeAnnounced()
        return isAnnounced
      },
    },
    clock,
    logger,
    observe,
  })

  /** What announced itself is stored as soon as storage is there: other processes, and the next one, know of it then. */
  const storeAnnounced = async (): Promise<void> => {
    if (isStoring || isStopped || link.state !== 'up' || !follower.isLoaded) return
    isStoring = true
    try {
      for (const { team, name } of directory.unstored()) {
        const id = recordId('service', name)
        const value: ServiceRecord = { kind: 'service', name }
        const write = { store: SERVICES.name, id, team, expected: null, writeId: deps.randomId(), at: clock.now(), value }
        const [outcome] = await link.run((driver) => driver.commit([{ write, then: [] }]))
        const record = outcome?.ok === true ? outcome.record : (outcome?.current ?? null)
        if (record !== null) follower.wrote({ team, id, record: { ...record, value: SERVICES.parse(record.value) } })
        others.changed()
      }
    } catch (thrown) {
      logger.debug({ code: SightlineError.from(thrown).code }, 'A service that announced itself is not stored yet.')
    } finally {
      isStoring = false
    }
  }

  /** A name with a slip holds nothing, and nobody sees it. Once storage was read: before that, what is missing may only be unknown. */
  const tellMissing = (): void => {
    if (isMissingTold || !follower.isLoaded) return
    isMissingTold = true
    const missing = [...directory.entries()].flatMap(({ team, name, service }) =>
      service.dependsOn.filter((needed) => directory.find(team, needed) === null).map((needed) => `${name} needs ${needed}`),
    )
    if (missing.length > 0)
      logger.warn(
        { missing: missing.slice(0, MOST_MISSING) },
        'Services depend on some that are not there: until they are, nothing is held for them.',
      )
  }

  const load = async (): Promise<void> => {
    await follower.compare()
    tellMissing()
    await storeAnnounced()
  }

  const edits = createServiceEdits({ link, directory, follower, kinds: deps.guardedKinds, onWritten: others.changed })

  /** The options of checks are judged once the kinds are there. */
  const judgeChecks = (): void => {
    const faults = Object.entries(deps.configured).flatMap(([name, spec]) =>
      spec.probe === undefined
        ? checkFaults(spec, deps.kinds).map(({ path, message }) => ({ path: ['services', name, path].join('.'), message }))
        : [],
    )
    if (faults.length > 0) throw invalidConfig(faults)
  }

  return {
    operations: serviceOperations({ directory, board, edits, runner, intake, kinds: deps.guardedKinds, clock, random }),
    topics: serviceTopics(board),
    teams: directory.teams,
    services: directory.services,
    isChecked: (team, name) => directory.find(team, name)?.isChecked ?? false,
    start: async () => {
      judgeChecks()
      isStarted = true
      board.turned([...directory.entries()].map((entry) => ({ team: entry.team, name: entry.name, before: null, after: entry })))
      board.start()
      await load()
      statuses.start()
      for (const reporter of reporters.values()) reporter.start()
      others.ask()
    },
    startChecks: () => runner.start(directory.entries()),
    storageUp: () => {
      if (!isStarted) return
      void load()
      statuses.storageUp()
    },
    busOpened: () => others.ask(),
    stop: async () => {
      if (isStopped) return
      isStopped = true
      for (const reporter of reporters.values()) reporter.stop()
      follower.stop()
      statuses.stop()
      board.stop()
      await runner.stop()
      const own = Object.values(deps.configured).map(({ probe }) => probe?.close?.())
      await Promise.allSettled(own)
    },
    observe: intake.observe,
    reporter: (name) => {
      const known = reporters.get(name)
      if (known !== undefined) return known
      const reporter = createServiceReporter({
        name,
        clock,
        random,
        observe: (own, report) => intake.observe(DEFAULT_TEAM, own, report),
        ...(deps.readUsage === undefined ? {} : { readUsage: deps.readUsage }),
      })
      reporters.set(name, reporter)
      if (directory.announce(DEFAULT_TEAM, name)) void storeAnnounced()
      if (isStarted && !isStopped) reporter.start()
      return reporter
    },
    show: board.show,
    counted: board.counted,
    sampled: board.sampled,
    statuses: board.statuses,
  }
}
