import type { IncidentDecision } from '../domain/incident-decision.ts'
import type { Sample } from '../domain/sample.ts'
import type { Incident } from '../protocol/incidents.ts'
import { createDueWheel } from './due-wheel.ts'
import type { EvaluationDependencies } from './evaluation-part.ts'
import { createFleet, type Member, type Moment } from './fleet.ts'
import { toEvaluation } from './fold-service.ts'
import { defaultMonitorLimits, monitorHealth, wellMonitor } from './monitor-health.ts'
import { netDecisions, replayRecent, toldNow } from './rebuild-fleet.ts'
import { seedObjectives } from './seed-objectives.ts'
import { seedSilence } from './seed-silence.ts'
import { tickEvidence } from './tick-evidence.ts'

export interface EvaluatorOptions extends EvaluationDependencies {
  readonly maxWaiting: number
  onDropped(): void
}

/** What folds while this process leads. */
export interface Evaluator {
  /** `elapsed`: when it came, by the clock that never steps. */
  observe(sample: Sample, elapsed: number): void
  adopt(team: string): void
  changed(team: string, service: string | null): void
  heldBy(team: string, service: string): string | null
  /** Reads the recent past again; what is observed meanwhile waits. */
  start(): Promise<void>
  /** What waits is folded. Leaves no timer. */
  stop(): void
}

/** Samples of one tick are judged together: whether the monitor itself is unwell shows only then. */
const TICK_MS = 100
/** Where many targets fail at once it is waited for the rest of them. */
const LONGEST_TICK_MS = 500
/** Folded in one turn of the event loop. */
const BATCH = 2_000

export const createEvaluator = (options: EvaluatorOptions): Evaluator => {
  const { clock, logger } = options
  const limits = { ...defaultMonitorLimits, ...options.limits }
  let waiting: { readonly sample: Sample; readonly elapsed: number }[] = []
  let isReady = false
  let isRebuilding = false
  let health = wellMonitor
  let tickDue = Number.POSITIVE_INFINITY
  let cancelTick: (() => void) | null = null
  let replayed: IncidentDecision[] = []
  const decided: IncidentDecision[] = []
  const shown = new Set<Member>()
  const stopping = new AbortController()

  const moment = (): Moment => ({ now: clock.now(), elapsed: clock.monotonic() })

  const fleet = createFleet({
    services: options.services,
    ...(options.isChecked === undefined ? {} : { isChecked: options.isChecked }),
    rules: options.rules,
    isInMaintenance: options.isInMaintenance,
    onFolded: (member, { nextDueAt }, isNews) => {
      if (isRebuilding) return
      wheel.put(member, nextDueAt)
      if (isNews) shown.add(member)
    },
    onDecided: (decisions) => void (isRebuilding ? replayed : decided).push(...decisions),
    onDropped: (member) => {
      wheel.put(member, null)
      shown.delete(member)
    },
  })

  const wheel = createDueWheel<Member>({
    clock,
    run: (members, lateMs) => {
      // What came before is folded before: else a late process would take its own silence for that of others.
      drain(waiting.length, lateMs)
      for (const member of members) guarded(member.plan.service.name, () => fleet.age(member, moment(), health))
      tell()
    },
  })

  const guarded = (service: string, work: () => void): void => {
    try {
      work()
    } catch (error) {
      logger.error({ service, error: String(error) }, 'A service could not be evaluated.')
    }
  }

  const tell = (): void => {
    const decisions = decided.splice(0)
    if (decisions.length > 0) guarded('', () => options.decide(decisions))
    for (const { plan, state } of shown) {
      guarded(plan.service.name, () => options.onView(plan.team, plan.service.name, toEvaluation(state, plan)))
    }
    shown.clear()
  }

  const judge = (samples: readonly Sample[], lateMs: number): void => {
    const { loopDelayMs = 0, ...signs } = options.signs?.() ?? {}
    const evidence = {
      ...tickEvidence(samples, fleet),
      isEgressFailing: false,
      isTickless: false,
      ...signs,
      loopDelayMs: Math.max(loopDelayMs, lateMs),
    }
    const before = health
    health = monitorHealth(before, evidence, { at: clock.monotonic(), limits })
    if (health.reason === before.reason) return
    if (health.reason === null) logger.info({}, 'The monitor is well again.')
    else logger.warn({ reason: health.reason }, 'The monitor itself is unwell: what looks down is inconclusive.')
  }

  const drain = (count: number, lateMs: number): void => {
    const samples = waiting.slice(0, count)
    waiting = waiting.slice(count)
    judge(
      samples.map(({ sample }) => sample),
      lateMs,
    )
    const { now, elapsed } = moment()
    for (const one of samples) {
      // The clock that never steps counts fractions; what is stored and shown is whole.
      const then = { now: now - Math.round(Math.max(0, elapsed - one.elapsed)), elapsed: one.elapsed }
      guarded(one.sample.service, () => fleet.fold(one.sample, then, health))
    }
  }

  const tick = (): void => {
    cancelTick = null
    const lateMs = Math.max(0, clock.monotonic() - tickDue)
    const oldest = waiting[0]?.elapsed ?? 0
    const { failedTogether } = tickEvidence(
      waiting.map(({ sample }) => sample),
      fleet,
    )
    if (failedTogether >= limits.minTargets && clock.monotonic() - oldest < LONGEST_TICK_MS) {
      arm(TICK_MS)
      return
    }
    drain(Math.min(BATCH, waiting.length), lateMs)
    tell()
    if (waiting.length > 0) arm(0)
  }

  const arm = (delayMs: number): void => {
    if (!isReady || cancelTick !== null) return
    tickDue = clock.monotonic() + delayMs
    cancelTick = clock.setTimer(delayMs, tick)
  }

  const adopt = (team: string, isMeant: (incident: Incident) => boolean = () => true): void => {
    for (const incident of options.activeIncidents(team).filter(isMeant)) {
      const member = fleet.adopt(incident, team, moment())
      if (member !== null && isReady) fleet.age(member, moment(), health)
    }
  }

  const ageAll = (): void => {
    for (const member of [...fleet.members]) {
      guarded(member.plan.service.name, () => fleet.age(member, moment(), health))
      shown.add(member)
    }
  }

  return {
    observe: (sample, elapsed) => {
      if (waiting.length >= options.maxWaiting) {
        waiting.shift()
        options.onDropped()
      }
      waiting.push({ sample, elapsed })
      arm(TICK_MS)
    },
    adopt: (team) => {
      // What is loaded while the past is read again is known once that was read: what it led to is told against what was known before.
      if (!isReady) return
      adopt(team)
      tell()
    },
    changed: (team, service) => {
      if (!isReady) return
      drain(waiting.length, 0)
      fleet.adapt(team, service, moment(), health)
      tell()
    },
    heldBy: fleet.heldBy,
    start: async () => {
      isRebuilding = true
      const known = new Set<string>()
      for (const team of options.teams()) {
        fleet.adapt(team, null, moment(), health)
        adopt(team)
        for (const { id } of options.activeIncidents(team)) known.add(id)
      }
      replayed = []
      const before = toldNow(fleet)
      const outcome = await replayRecent({ clock, fleet, recent: options.recent, signal: stopping.signal })
      if (stopping.signal.aborted) return
      // Nobody was listened to while nobody led.
      health = { ...wellMonitor, wellSince: clock.monotonic() }
      if (outcome === 'partial') logger.warn({}, 'Storage did not tell the recent past: rules go on with what is known.')
      isRebuilding = false
      decided.push(...netDecisions(replayed, { before, after: toldNow(fleet) }))
      isReady = true
      // Whatever changed while the past was read.
      for (const team of options.teams()) {
        fleet.adapt(team, null, moment(), health)
        adopt(team, (incident) => !known.has(incident.id))
      }
      ageAll()
      tell()
      if (waiting.length > 0) arm(0)
      const { share } = options
      if (share === undefined) return
      const { signal } = stopping
      await seedObjectives({ clock, fleet, share, signal })
      const onSeeded = (member: Member): void => {
        fleet.age(member, moment(), health)
        tell()
      }
      await seedSilence({ clock, fleet, share, signal, onSeeded })
    },
    stop: () => {
      if (isReady) {
        drain(waiting.length, 0)
        tell()
      }
      isReady = false
      stopping.abort()
      cancelTick?.()
      wheel.clear()
    },
  }
}
