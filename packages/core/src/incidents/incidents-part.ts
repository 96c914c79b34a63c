import type { AlertPlanner } from '../domain/incident-change.ts'
import type { IncidentDecision } from '../domain/incident-decision.ts'
import type { EngineContext, EnginePart } from '../engine-part.ts'
import type { Incident, IncidentOperations, IncidentTopics } from '../protocol/incidents.ts'
import type { Journal } from '../storage/journal.ts'
import { createIncidentCache } from './incident-cache.ts'
import { createIncidentCommands } from './incident-commands.ts'
import { createIncidentFollower, SHOWN, SHOWN_RESOLVED_MS } from './incident-follower.ts'
import { createIncidentKeeper } from './incident-keeper.ts'
import { createIncidentNews } from './incident-news.ts'
import { incidentOperations } from './incident-operations.ts'
import { createIncidentStore } from './incident-store.ts'
import { incidentTopics } from './incident-topics.ts'
import { createTyping } from './typing.ts'

/** What the room of incidents needs beside the engine's own. */
export interface IncidentsDeps extends EngineContext {
  /** Started before this part, stopped after it. */
  readonly journal: Journal
  readonly alerts: AlertPlanner
  /** How soon a rule has to fire again to reopen what it resolved itself, in ms, a day at most. Default 600,000; 0 never reopens. */
  readonly reopenWithinMs?: number
  /** What is known of a team's incidents is another; told once for all that changed in one turn. Never waits. */
  readonly onActive?: (team: string) => void
  /** The incidents were read from storage. */
  readonly onLoaded?: () => void
}

/** Incidents: what the rules and people say went wrong. */
export interface IncidentsPart extends EnginePart {
  readonly operations: { readonly [N in keyof IncidentOperations]: EnginePart['operations'][string] }
  readonly topics: { readonly [N in keyof IncidentTopics]: EnginePart['topics'][string] }
  /** What the rules decided, in the process that leads. Never waits. */
  decide(decisions: readonly IncidentDecision[]): void
  /** Those of a team that are not resolved, as far as this process knows; empty before they are loaded. */
  active(team: string): readonly Incident[]
  /** As `active`, of every team, and since when: it was opened then, or came back. */
  activeIncidents(): readonly { readonly team: string; readonly incident: Incident; readonly since: number }[]
  /** Learns from storage what other processes did. Never rejects. */
  refresh(): Promise<void>
  /** One that this process knows: not resolved, or within the last day. */
  find(team: string, id: string): Incident | null
}

const SWEEP_MS = 600_000
const DEFAULT_REOPEN_MS = 600_000

export const createIncidentsPart = (deps: IncidentsDeps): IncidentsPart => {
  const { clock, link, leadership, logger, randomId, journal, alerts } = deps
  const reopenWithinMs = deps.reopenWithinMs ?? DEFAULT_REOPEN_MS
  const changedTeams = new Set<string>()
  const cache = createIncidentCache({
    onChange: (team) => {
      if (changedTeams.size === 0) queueMicrotask(tellActive)
      changedTeams.add(team)
    },
  })
  const store = createIncidentStore({ link })
  const follower = createIncidentFollower({ cache, store, clock, logger })
  const news = createIncidentNews({ ...deps, cache })
  const typing = createTyping(deps)
  const commands = createIncidentCommands({ store, cache, news, alerts })
  const keeper = createIncidentKeeper({
    ...{ clock, link, logger, randomId, journal, alerts, cache, store, follower, news, reopenWithinMs },
  })
  let isStopped = false
  let cancelSweep = (): void => {}
  let unsubscribe = (): void => {}

  const sweep = (): void => {
    news.gone(cache.evict({ since: clock.now() - SHOWN_RESOLVED_MS, limit: SHOWN }))
    cancelSweep = clock.setTimer(SWEEP_MS, sweep)
  }

  const tellActive = (): void => {
    const teams = [...changedTeams]
    changedTeams.clear()
    for (const team of teams) deps.onActive?.(team)
  }

  const load = (): Promise<void> =>
    follower.refresh({ force: true }).then(
      () => deps.onLoaded?.(),
      () => {},
    )
  const activeIncidents: IncidentsPart['activeIncidents'] = () =>
    [...cache.all()].flatMap(({ team, record }) =>
      record.isActive ? [{ team, incident: record.incident, since: record.since }] : [],
    )

  return {
    operations: incidentOperations({ store, commands, typing, randomId }),
    topics: incidentTopics({ cache, store, follower, news, typing, now: clock.now }),
    start: async () => {
      sweep()
      keeper.start()
      // Who takes over ends what others opened: without a bus it was not told of it.
      unsubscribe = leadership.subscribe((isLeading) => {
        if (isLeading && link.state === 'up') void load()
      })
      if (link.state === 'up') await load()
    },
    storageUp: () => {
      if (!isStopped) void load()
    },
    stop: async ({ timeoutMs }) => {
      if (isStopped) return
      isStopped = true
      cancelSweep()
      unsubscribe()
      typing.stop()
      await keeper.stop({ timeoutMs })
    },
    decide: keeper.decide,
    active: (team) => activeIncidents().flatMap((each) => (each.team === team ? [each.incident] : [])),
    activeIncidents,
    refresh: () => follower.refresh().catch(() => {}),
    find: (team, id) => cache.get(team, id)?.record.incident ?? null,
  }
}
