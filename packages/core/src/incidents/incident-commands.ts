import type { AlertPlanner } from '../domain/incident-change.ts'
import { SightlineError } from '../errors.ts'
import type { OperationContext } from '../operations/operation-context.ts'
import type { IncidentDetail } from '../protocol/incidents.ts'
import { spellName } from '../protocol/spell-name.ts'
import type { IncidentCache } from './incident-cache.ts'
import type { IncidentNews } from './incident-news.ts'
import { INCIDENTS, type IncidentRecord, toDetail } from './incident-record.ts'
import type { IncidentStore, StoredIncident } from './incident-store.ts'
import { changeKind, type Step, takeStep } from './lifecycle.ts'

export interface IncidentCommandsOptions {
  readonly store: IncidentStore
  readonly cache: IncidentCache
  readonly news: IncidentNews
  readonly alerts: AlertPlanner
}

type Context = Pick<OperationContext, 'team' | 'principal' | 'now' | 'commit'>
/** A step without who takes it and when. */
export type Intent<S = Step> = S extends Step ? Omit<S, 'at' | 'by' | 'isByRule'> : never

/** What people do to incidents: in any process, on what storage holds. */
export interface IncidentCommands {
  get(id: string, team: string): Promise<IncidentDetail>
  /** Rejects with `NOT_FOUND` where the team has no such incident. Storage is asked only of one that this process does not know. */
  demand(id: string, team: string): Promise<void>
  /** Rejects with `NOT_FOUND`, with `CONFLICT` where the step makes no sense, with `TOO_LARGE` where there is no room. */
  take(id: string, intent: Intent, context: Context): Promise<IncidentDetail>
  open(record: IncidentRecord, context: Context): Promise<IncidentDetail>
}

const ATTEMPTS = 20

export const createIncidentCommands = ({ store, cache, news, alerts }: IncidentCommandsOptions): IncidentCommands => {
  /** By incident: those who change it in this process take turns, so that only other processes can be faster. */
  const queues = new Map<string, Promise<void>>()

  /** null where somebody else was faster. */
  const commit = async (
    record: IncidentRecord,
    before: StoredIncident | null,
    context: Context,
  ): Promise<IncidentDetail | null> => {
    const { incident, step, timeline } = record
    const kind = changeKind(record)
    const severityBefore = before?.value.incident.severity ?? incident.severity
    const change = { team: context.team, incident, step, at: incident.updatedAt, severityBefore }
    const then = kind === null ? [] : alerts.plan({ ...change, kind })
    const outcome = await context.commit({
      store: INCIDENTS.name,
      id: incident.id,
      expected: before?.version ?? null,
      value: record,
      then,
      // The timeline is no part of what was changed: only its newest event is.
      audited: { incident, event: timeline.at(-1) },
    })
    if (!outcome.ok) {
      if (outcome.reason === 'conflict') return null
      throw new SightlineError('CONFLICT', `Another incident of the same is open${nameOf(outcome.current?.id)}.`)
    }
    cache.stored(outcome.record as StoredIncident)
    const known = cache.get(context.team, incident.id)
    if (known !== null) news.changed(known)
    alerts.planned(then)
    return toDetail(record)
  }

  const find = async (team: string, id: string): Promise<StoredIncident> => {
    const stored = await store.load(team, id)
    if (stored !== null) return stored
    if (cache.get(team, id)?.isStored === false) {
      throw new SightlineError('UNAVAILABLE', `The incident ${spellName(id)} is not stored yet.`, { retryAfterMs: 1_000 })
    }
    throw new SightlineError('NOT_FOUND', `There is no incident ${spellName(id)}.`)
  }

  const take = async (id: string, intent: Intent, context: Context): Promise<IncidentDetail> => {
    const step = { ...intent, at: context.now, by: context.principal?.id ?? null } as Step
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const stored = await find(context.team, id)
      const taken = takeStep(stored.value, step)
      if (taken.outcome === 'same') return toDetail(stored.value)
      if (taken.outcome === 'refused') {
        throw new SightlineError(taken.isFull === true ? 'TOO_LARGE' : 'CONFLICT', taken.reason)
      }
      const detail = await commit(taken.record, stored, context)
      if (detail !== null) return detail
    }
    throw new SightlineError('CONFLICT', 'The incident is being changed by too many others.', { retryAfterMs: 1_000 })
  }

  return {
    get: async (id, team) => toDetail((await find(team, id)).value),
    demand: async (id, team) => {
      if (cache.get(team, id) === null) await find(team, id)
    },
    take: (id, intent, context) => {
      const name = JSON.stringify([context.team, id])
      const taken = (queues.get(name) ?? Promise.resolve()).then(() => take(id, intent, context))
      const done = taken.then(
        () => {},
        () => {},
      )
      queues.set(name, done)
      void done.then(() => queues.get(name) === done && queues.delete(name))
      return taken
    },
    open: async (record, context) => {
      const detail = await commit(record, null, context)
      if (detail === null) throw new SightlineError('CONFLICT', 'An incident of this id is there already.')
      return detail
    },
  }
}

const nameOf = (id: string | undefined): string => (id === undefined ? '' : `: ${JSON.stringify(id)}`)
