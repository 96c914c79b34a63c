import { createAlertsPart } from './alerts/alerts-part.ts'
import type { Sample } from './domain/sample.ts'
import { createEgressCanary, type EgressCanary } from './egress-canary.ts'
import type { EngineContext, EnginePart } from './engine-part.ts'
import { createEvaluationPart } from './evaluation/create-evaluation-part.ts'
import { createIncidentCounts } from './incidents/incident-counts.ts'
import { createIncidentsPart } from './incidents/incidents-part.ts'
import { createLogsPart, type LogCounters, type LogTailParams } from './logs/logs-part.ts'
import { createLoopWatch } from './loop-watch.ts'
import { memorySpool } from './memory/memory-spool.ts'
import type { MonitoringOptions } from './monitoring-options.ts'
import type { Operation } from './operations/define-operation.ts'
import type { RetentionOptions } from './options.ts'
import type { TickRouter } from './polling/tick-router.ts'
import type { TickWatch } from './polling/tick-watch.ts'
import { createUsageReader } from './process-usage.ts'
import type { LogInput } from './protocol/logs.ts'
import { DEFAULT_TEAM } from './protocol/rooms.ts'
import { configRules } from './rules/config-rules.ts'
import { createRulesPart } from './rules/rules-part.ts'
import { createSamplesPart } from './samples/create-samples-part.ts'
import type { SampleCounts } from './samples/samples-part.ts'
import { canaryProbes } from './services/canary-probes.ts'
import { codeRulesOf, namedRules } from './services/config-services.ts'
import { unitOfMetric } from './services/metric-name.ts'
import { createServiceKinds, needsKinds } from './services/service-kinds.ts'
import type { ServiceReporter } from './services/service-reporter.ts'
import { createServicesPart } from './services/services-part.ts'
import { shutDown } from './shutdown.ts'
import { createJournal } from './storage/journal.ts'
import type { RegisteredTopic } from './topics/define-topic.ts'
import type { Hub } from './topics/hub.ts'
import { createUntoldNews } from './untold-news.ts'

export interface MonitoringDependencies extends EngineContext {
  readonly options: MonitoringOptions
  readonly retention: RetentionOptions
  readonly heartbeatMs: number
  readonly ticks: Pick<TickRouter, 'put' | 'remove'>
  readonly hub: Pick<Hub, 'publish' | 'find' | 'active' | 'reload'>
  readonly tickWatch: Pick<TickWatch, 'error'>
}

/** Services, rules, incidents, alerts, logs and samples, put together: an observation goes in, a message to somebody may come out. */
export interface Monitoring {
  readonly operations: Readonly<Record<string, Operation>>
  readonly topics: Readonly<Record<string, RegisteredTopic>>
  start(): Promise<void>
  /** From now on this process checks. */
  startChecks(): Promise<void>
  storageUp(): void
  busOpened(): void
  /** Checks end first, then what they led to is handed over. */
  stop(options: { readonly timeoutMs: number }): Promise<void>
  service(name: string): ServiceReporter
  log(input: LogInput): void
  counts(): MonitoringCounts
  /** Does an address outside answer this process? null without a canary. */
  hasEgress(): boolean | null
}

export interface MonitoringCounts {
  readonly services: Readonly<Record<string, number>>
  readonly samples: SampleCounts
  readonly logs: LogCounters
  readonly activeIncidents: number
  readonly spooled: number
}

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const CANARY = { intervalMs: 15_000, timeoutMs: 2_000 }
/** Edits are told over the bus; this is for processes without one. */
const RECONCILE_MS = 5_000
const STORED_TOPICS: ReadonlySet<string> = new Set(['incidents', 'incident', 'alerts', 'deliveries', 'silences', 'maintenance'])

export const createMonitoring = (deps: MonitoringDependencies): Monitoring => {
  const { options, retention, heartbeatMs, ticks, hub, tickWatch, ...context } = deps
  const { services = {}, notifiers = {}, routes, dashboardUrl } = options
  const { link, clock, logger } = context
  const teams = (): Iterable<string> => new Set([DEFAULT_TEAM, ...servicesPart.teams()])

  const observe = (sample: Sample): void => {
    // What cannot be believed is neither charted nor counted against a service.
    samples.observe(sample.doubt === undefined ? sample : { ...sample, verdict: null })
    evaluation.observe(sample)
  }

  const loop = createLoopWatch(clock)
  const readUsage = createUsageReader(clock)
  const journal = createJournal({ link, spool: options.spool ?? memorySpool(), clock, logger })

  const samples = createSamplesPart({
    ...context,
    unitOf: ({ name }) => unitOfMetric(name),
    retention: {
      ...(retention.rawHours === undefined ? {} : { rawMs: retention.rawHours * HOUR_MS }),
      ...(retention.minuteDays === undefined ? {} : { minuteMs: retention.minuteDays * DAY_MS }),
      ...(retention.hourDays === undefined ? {} : { hourMs: retention.hourDays * DAY_MS }),
    },
  })

  const logs = createLogsPart({
    ...context,
    observe,
    watched: function* () {
      for (const { team, name, params } of hub.active) if (name === 'logs') yield { team, params: params as LogTailParams }
    },
    tell: hub.publish,
    ...(retention.logDays === undefined ? {} : { logsDays: retention.logDays }),
    ...(options.redact === undefined ? {} : { redact: options.redact }),
  })

  const alerts = createAlertsPart({
    ...context,
    journal,
    notifiers,
    routes,
    activeIncidents: () => incidents.activeIncidents(),
    incidentOf: (team, id) => incidents.find(team, id),
    isParentDown: (team, service) => evaluation.heldBy(team, service) !== null,
    ...(dashboardUrl === undefined
      ? {}
      : { incidentUrl: (_team, incident) => `${dashboardUrl.replace(/\/+$/, '')}/incidents/${incident}` }),
  })

  const incidents = createIncidentsPart({
    ...context,
    journal,
    alerts,
    onActive: (team) => {
      counts.changed(team)
      alerts.look()
    },
    onLoaded: () => {
      for (const team of teams()) evaluation.adopt(team)
    },
    ...(options.reopenWithinMs === undefined ? {} : { reopenWithinMs: options.reopenWithinMs }),
  })

  const counts = createIncidentCounts({
    active: incidents.active,
    onCount: (team, service, count) => servicesPart.counted(team, service, count),
  })

  const rules = createRulesPart({
    ...context,
    teams,
    configured: configRules(options.rules, codeRulesOf(services)),
    onRulesChanged: (team) => evaluation.changed(team),
  })

  const evaluation = createEvaluationPart({
    ...context,
    teams,
    services: (team) => servicesPart.services(team),
    isChecked: (team, { name }) => servicesPart.isChecked(team, name),
    rules: rules.rules,
    onView: (team, service, view) => {
      servicesPart.show(team, service, view)
      alerts.look()
    },
    decide: incidents.decide,
    onCarried: (sample) => servicesPart.sampled(sample),
    isInMaintenance: alerts.isInMaintenance,
    recent: samples.recent,
    activeIncidents: incidents.active,
    share: samples.share,
    signs: () => ({
      loopDelayMs: loop.delayMs,
      isEgressFailing: canary?.isFailing ?? false,
      isTickless: tickWatch.error !== null,
    }),
  })

  const kinds = createServiceKinds({ services, probes: options.probes, entered: options.entered })

  const servicesPart = createServicesPart({
    ...context,
    configured: namedRules(services),
    kinds: kinds.configured,
    guardedKinds: kinds.entered,
    ticks,
    hub,
    observe: (sample) => {
      if (sample.verdict !== null) canary?.saw(sample.verdict !== 'down')
      observe(sample)
    },
    ...(options.canary === undefined ? {} : { doubt: async (failure) => (await canary?.doubt(failure)) ?? null }),
    onServicesChanged: (team) => {
      evaluation.changed(team)
      counts.changed(team)
    },
    reconcileMs: RECONCILE_MS,
    heartbeatMs,
    ...(readUsage === null ? {} : { readUsage }),
  })

  const untold = createUntoldNews({
    ...context,
    everyMs: RECONCILE_MS,
    hub,
    topics: STORED_TOPICS,
    learn: incidents.refresh,
  })

  /** In the order of their starts: what is told comes before what is decided, and that before what is observed. */
  const parts: readonly (readonly [name: string, part: EnginePart])[] = [
    ['samples', samples],
    ['logs', logs],
    ['alerts', alerts],
    ['incidents', incidents],
    ['rules', rules],
    ['services', servicesPart],
    ['evaluation', evaluation],
  ]

  let loaded: Promise<void> = Promise.resolve()
  /** Its probes are made when their kinds are there. */
  let canary: EgressCanary | null = null
  let isOver = false

  return {
    operations: Object.assign({}, ...parts.map(([, { operations }]) => operations)),
    topics: Object.assign({}, ...parts.map(([, { topics }]) => topics)),
    start: async () => {
      loaded = kinds.load()
      // Nobody waits for the package where no service of the configuration needs it: one that was entered is checked once it is there.
      if (needsKinds(services) || options.canary?.urls !== undefined) await loaded
      if (isOver) return
      if (options.canary !== undefined) {
        const { urls = [], probes = [], ...times } = options.canary
        const asked = canaryProbes({ urls, probes }, kinds.configured)
        canary = createEgressCanary({ ...CANARY, ...times, probes: asked, clock, random: context.random, logger })
        canary.start()
      }
      await journal.start()
      for (const [, part] of parts) {
        // Nobody would stop what begins after the end.
        if (isOver) return
        await part.start()
      }
      if (isOver) return
      // Incidents were loaded before their services.
      for (const team of teams()) counts.changed(team)
      untold.start()
      loop.start()
    },
    startChecks: async () => {
      if (needsKinds(services) || options.probes !== undefined) await servicesPart.startChecks()
      else void loaded.then(servicesPart.startChecks)
    },
    storageUp: () => {
      journal.storageUp()
      for (const [, part] of parts) part.storageUp?.()
    },
    busOpened: servicesPart.busOpened,
    stop: async ({ timeoutMs }) => {
      isOver = true
      loop.stop()
      untold.stop()
      // Checks that wait for it end at once.
      const letGo = canary?.stop()
      const steps = [...parts].reverse().map(([name, part]) => [name, async () => part.stop({ timeoutMs })] as const)
      await shutDown([['services', () => servicesPart.stop({ timeoutMs })], ...steps, ['the canary', async () => letGo]], {
        clock,
        logger,
      })
      await shutDown([['the journal', () => journal.stop({ timeoutMs })]], { clock, logger })
    },
    service: servicesPart.reporter,
    log: (input) => logs.log(DEFAULT_TEAM, input),
    hasEgress: () => (canary === null ? null : !canary.isSilent),
    counts: () => ({
      services: servicesPart.statuses(),
      samples: samples.counts,
      logs: logs.counters,
      activeIncidents: incidents.activeIncidents().length,
      spooled: journal.waiting.length,
    }),
  }
}
