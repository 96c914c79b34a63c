import type { IncidentDecision } from '../domain/incident-decision.ts'
import { pause } from '../pause.ts'
import type { Clock } from '../ports/clock.ts'
import type { EvaluationDependencies } from './evaluation-part.ts'
import type { Fleet } from './fleet.ts'
import { wellMonitor } from './monitor-health.ts'
import type { ServicePlan } from './service-plan.ts'
import { alarmKey } from './service-state.ts'

export interface ReplayOptions {
  readonly clock: Clock
  readonly fleet: Fleet
  readonly recent: EvaluationDependencies['recent']
  /** Aborts when this process leads no longer. */
  readonly signal: AbortSignal
}

/** Rules that look further back begin with what is known. */
const LONGEST_MS = 3_600_000
/** Storage that takes longer is not waited for. */
const PATIENCE_MS = 5_000

/** How far back a service's rules look. */
const lookbackMs = ({ service, rules, staleAfterMs }: ServicePlan): number => {
  const needed = rules.map(
    ({ forMs, times, recoverAfter, flapping }) =>
      forMs + (times.of + recoverAfter) * service.intervalMs + (flapping?.withinMs ?? 0),
  )
  return Math.min(LONGEST_MS, Math.max(staleAfterMs, ...needed))
}

/** Folds what is stored of the recent past, as if it were observed then. Resolves also where storage does not answer in time. */
export const replayRecent = async ({ clock, fleet, recent, signal }: ReplayOptions): Promise<'complete' | 'partial'> => {
  const now = clock.now()
  const elapsed = clock.monotonic()
  let spanMs = 0
  for (const { plan } of fleet.members) spanMs = Math.max(spanMs, lookbackMs(plan))
  const enough = new AbortController()
  const patience = pause(PATIENCE_MS, { clock, signals: [signal, enough.signal] }).then(() => 'late' as const)
  try {
    const samples = recent({ from: now - spanMs, to: now + 1 })[Symbol.asyncIterator]()
    for (;;) {
      const next = await Promise.race([samples.next(), patience])
      if (next === 'late') {
        // Whoever reads is told to let go, and not waited for.
        void samples.return?.().catch(() => {})
        return 'partial'
      }
      if (next.done === true) return 'complete'
      const agoMs = Math.max(0, now - next.value.at)
      fleet.fold(next.value, { now: next.value.at, elapsed: elapsed - agoMs }, wellMonitor)
    }
  } catch {
    return 'partial'
  } finally {
    enough.abort()
  }
}

/** By incident: is it told of now, and as flapping? */
export type Told = ReadonlyMap<string, 'told' | 'flapping'>

const incidentKey = (team: string, service: string, key: string): string => JSON.stringify([team, service, key])

export const toldNow = (fleet: Pick<Fleet, 'members'>): Told => {
  const told = new Map<string, 'told' | 'flapping'>()
  for (const { plan, state } of fleet.members) {
    for (const [key, { phase }] of state.alarms) {
      if (phase === 'closed') continue
      told.set(incidentKey(plan.team, plan.service.name, key), phase === 'flapping' ? 'flapping' : 'told')
    }
  }
  return told
}

/**
 * Of what was decided in a replay, what is news: who led before has told of the rest. Something that came and went meanwhile is over, and
 * stays untold.
 */
export const netDecisions = (
  decided: readonly IncidentDecision[],
  { before, after }: { readonly before: Told; readonly after: Told },
): readonly IncidentDecision[] => {
  const byKey = Map.groupBy(decided, ({ team, service, rule, region }) => incidentKey(team, service, alarmKey(rule, region)))
  return [...byKey].flatMap(([key, decisions]) => {
    if (before.get(key) === after.get(key)) return []
    if (before.has(key) || !after.has(key)) return before.has(key) ? decisions.slice(-1) : []
    return decisions.slice(decisions.findLastIndex(({ kind }) => kind === 'open'))
  })
}
