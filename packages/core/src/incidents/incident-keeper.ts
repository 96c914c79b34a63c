import type { AlertPlanner, Insert } from '../domain/incident-change.ts'
import type { IncidentDecision } from '../domain/incident-decision.ts'
import type { EngineContext } from '../engine-part.ts'
import { SightlineError } from '../errors.ts'
import { pause } from '../pause.ts'
import type { Commit } from '../ports/collections.ts'
import type { Version } from '../ports/identity.ts'
import type { Journal, Written } from '../storage/journal.ts'
import { withTimeout } from '../storage/with-timeout.ts'
import { decideIncident, toDecision } from './decide-incident.ts'
import type { IncidentCache } from './incident-cache.ts'
import type { IncidentFollower } from './incident-follower.ts'
import { keyOf } from './incident-id.ts'
import type { IncidentNews } from './incident-news.ts'
import { INCIDENTS, type IncidentRecord } from './incident-record.ts'
import type { IncidentStore, StoredIncident } from './incident-store.ts'
import { changeKind } from './lifecycle.ts'

export interface IncidentKeeperOptions extends Pick<EngineContext, 'clock' | 'link' | 'logger' | 'randomId'> {
  readonly journal: Journal
  readonly alerts: AlertPlanner
  readonly cache: IncidentCache
  readonly store: IncidentStore
  readonly follower: IncidentFollower
  readonly news: IncidentNews
  readonly reopenWithinMs: number
}

/** Makes the decisions of the rules incidents: in storage, or in the spool while that is away, with the alerts that follow in the same commit. */
export interface IncidentKeeper {
  /** Never waits. Decisions about one key are taken one after another, in order. */
  decide(decisions: readonly IncidentDecision[]): void
  /** Shows and hands to the alerts what an earlier process left in the spool. The journal is started by then. */
  start(): void
  /** Decisions under way are in storage or in the spool, or the time is over. */
  stop(options: { readonly timeoutMs: number }): Promise<void>
}

/** How long a decision waits for what storage knows, in ms: then it is taken on what is known here, and storage corrects it later. */
const LOOKUP_MS = 200
/** Before a decision that neither storage nor the spool took is written again, in ms. */
const AGAIN_MS = 1_000
/** Lost races in a row, each of which brought what stands there. */
const ATTEMPTS = 50

/** No record has it: storage refuses the write, and the step is taken on what stands there. For what is not stored, or not whole, here. */
const UNKNOWN: Version = { epoch: 'not known', revision: 1 }

interface CommitDetails {
  readonly expected: Version | null
  readonly writeId: string
}

export const createIncidentKeeper = (options: IncidentKeeperOptions): IncidentKeeper => {
  const { clock, link, logger, randomId, journal, alerts, cache, store, follower, news, reopenWithinMs } = options
  const queues = new Map<string, Promise<void>>()
  const closing = new AbortController()
  /** Write ids of commits whose alerts were handed over, and that are not known to be stored. */
  const handed = new Set<string>()

  const bounded = (call: () => Promise<void>): Promise<void> =>
    withTimeout({ clock, timeoutMs: LOOKUP_MS, what: 'Incidents were not read', until: closing.signal }, call).catch((thrown) => {
      logger.debug({ code: SightlineError.from(thrown).code }, 'An incident is decided on what is known here.')
    })

  /** Asks storage where what is known here does not suffice. */
  const prepare = async (team: string, key: string): Promise<void> => {
    if (link.state !== 'up') return
    if (!follower.isLoaded) await bounded(() => follower.refresh())
    const { active, lastOrdinal } = cache.ofKey(team, key)
    if (active?.isPartial === true || (active === null && lastOrdinal === null)) {
      await bounded(async () => {
        const found = await store.ofKey(team, key)
        for (const stored of [found.last, found.active]) if (stored !== null) cache.stored(stored)
        cache.count(team, key, found.last?.value.ordinal ?? 0)
      })
    }
  }

  const toCommit = (team: string, record: IncidentRecord, { expected, writeId }: CommitDetails): Commit => ({
    write: {
      store: INCIDENTS.name,
      id: record.incident.id,
      team,
      expected,
      writeId,
      at: record.incident.updatedAt,
      value: record,
    },
    then: planFor(team, record),
  })

  const planFor = (team: string, record: IncidentRecord): readonly Insert[] => {
    const kind = changeKind(record)
    const { incident, step } = record
    return kind === null ? [] : alerts.plan({ team, incident, kind, step, at: incident.updatedAt })
  }

  /** As the journal's; where neither storage nor the spool takes it, it is shown and given again until one does. Null: it is given up. */
  const insist = async (commit: Commit, record: IncidentRecord): Promise<Written | null> => {
    const { team, id } = commit.write
    for (let attempt = 0; ; attempt++) {
      try {
        return await journal.write(commit)
      } catch (thrown) {
        const { code, message } = SightlineError.from(thrown)
        logger.error({ incident: id, code }, `An incident is neither in storage nor in the spool: ${message}`)
        if (code === 'INVALID_INPUT') return null
      }
      if (attempt === 0) showUnstored(team, record)
      await pause(AGAIN_MS, { clock, signals: [closing.signal] })
      if (closing.signal.aborted) return null
    }
  }

  const showUnstored = (team: string, record: IncidentRecord): void => {
    cache.unstored(team, record)
    const known = cache.get(team, record.incident.id)
    if (known !== null) news.changed(known)
  }

  /** Resolves once it stands somewhere; answers whether the decision is taken. */
  const write = async (commit: Commit, record: IncidentRecord): Promise<boolean> => {
    const { team, id, writeId } = commit.write
    const written = await insist(commit, record)
    if (written === null) return true
    if (written !== 'spooled' && !written.ok) {
      if (written.current === null) cache.forget(team, id)
      else cache.settled(written.current as StoredIncident)
      return false
    }
    if (written === 'spooled') {
      handed.add(writeId)
      showUnstored(team, record)
    } else {
      cache.stored(written.record as StoredIncident)
      const known = cache.get(team, id)
      if (known !== null) news.changed(known)
    }
    alerts.planned(commit.then as readonly Insert[])
    return true
  }

  const take = async (decision: IncidentDecision): Promise<void> => {
    const { team } = decision
    const key = keyOf(decision)
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      await prepare(team, key)
      const { active, last, lastOrdinal } = cache.ofKey(team, key)
      const known = { active: active?.record ?? null, last: last?.record ?? null, lastOrdinal }
      const decided = decideIncident({ known, decision, now: clock.now(), reopenWithinMs })
      if (decided === null) return
      const base = cache.get(team, decided.record.incident.id)
      const expected = decided.before === null ? null : base === null || base.isPartial ? UNKNOWN : (base.version ?? UNKNOWN)
      if (await write(toCommit(team, decided.record, { expected, writeId: randomId() }), decided.record)) return
    }
    logger.error({ team, rule: decision.rule, service: decision.service }, 'An incident changed too often to be decided.')
  }

  const enqueue = (decision: IncidentDecision): void => {
    const name = JSON.stringify([decision.team, keyOf(decision)])
    const next = (queues.get(name) ?? Promise.resolve())
      .then(() => take(decision))
      .catch((thrown: unknown) => {
        logger.error({ team: decision.team, rule: decision.rule, error: String(thrown) }, 'A decision of a rule failed.')
      })
      .then(() => {
        if (queues.get(name) === next) queues.delete(name)
      })
    queues.set(name, next)
  }

  /** Do later steps of the same wait behind it? Then what is shown is not to fall back behind those. */
  const isFollowed = ({ write: { team, writeId } }: Commit, { key }: IncidentRecord): boolean =>
    journal.waiting.some(({ write: other }) => {
      if (other.store !== INCIDENTS.name || other.team !== team || other.writeId === writeId) return false
      return (other.value as IncidentRecord).key === key
    })

  /** What was shown of a step that storage does not take as it was gives way to what stands there. */
  const yieldTo = (standing: readonly (StoredIncident | null)[], team: string, id: string): void => {
    const own = cache.get(team, id)
    for (const stored of standing) {
      if (stored === null) continue
      cache.settled(stored)
      const known = cache.get(team, stored.id)
      if (known !== null) news.shown(known)
    }
    if (own === null || own.isStored || standing.some((stored) => stored?.id === id)) return
    cache.forget(team, id)
    news.gone([own])
  }

  /** A spooled step as it is to be taken on what storage holds by now; null where that has it already. */
  const rebase = async (commit: Commit, current: StoredIncident | null): Promise<Commit | null> => {
    const record = INCIDENTS.parse(commit.write.value)
    const { team, id, writeId } = commit.write
    if (current !== null && current.id === id && isNext(record, current.value)) {
      return { ...commit, write: { ...commit.write, expected: current.version } }
    }
    // Others may be told of something else now.
    handed.delete(writeId)
    const { active, last } = await store.ofKey(team, record.key)
    const ended = [last, current].filter((stored) => stored !== null && !stored.value.isActive) as StoredIncident[]
    const newest = ended.toSorted((a, b) => (b.value.resolvedAt ?? 0) - (a.value.resolvedAt ?? 0))[0] ?? null
    const decision = toDecision(team, record)
    // Somebody else ended the very incident it is about: its successor is another matter.
    const isOver = current?.id === id && !current.value.isActive && (current.value.resolvedAt ?? 0) >= record.since
    const decided =
      decision === null || (isOver && decision.kind !== 'open')
        ? null
        : decideIncident({
            known: { active: active?.value ?? null, last: newest?.value ?? null, lastOrdinal: last?.value.ordinal ?? 0 },
            decision,
            now: clock.now(),
            reopenWithinMs,
          })
    const isElsewhere = decided !== null && decided.record.incident.id !== id
    if ((decided === null || isElsewhere) && !isFollowed(commit, record)) yieldTo([current, active ?? newest], team, id)
    if (decided === null) return null
    const base = [active, newest].find((stored) => stored?.id === decided.record.incident.id) ?? null
    return toCommit(team, decided.record, { expected: decided.before === null ? null : (base?.version ?? UNKNOWN), writeId })
  }

  journal.onRefused(INCIDENTS.name, (commit, { current }) => rebase(commit, current as StoredIncident | null))

  journal.subscribe((commit, stored) => {
    if (commit.write.store !== INCIDENTS.name) return
    const { team, id, writeId } = commit.write
    if (isFollowed(commit, commit.write.value as IncidentRecord)) cache.stored(stored as StoredIncident)
    else cache.settled(stored as StoredIncident)
    const known = cache.get(team, id)
    if (known !== null) news.shown(known)
    if (!handed.delete(writeId)) alerts.planned(commit.then as readonly Insert[])
  })

  return {
    decide: (decisions) => {
      for (const decision of decisions) enqueue(decision)
    },
    start: () => {
      for (const commit of journal.waiting) {
        if (commit.write.store !== INCIDENTS.name || handed.has(commit.write.writeId)) continue
        showUnstored(commit.write.team, INCIDENTS.parse(commit.write.value))
        handed.add(commit.write.writeId)
        alerts.planned(commit.then as readonly Insert[])
      }
    },
    stop: async ({ timeoutMs }) => {
      const idle = async (): Promise<void> => {
        while (queues.size > 0) await Promise.all(queues.values())
      }
      await withTimeout({ clock, timeoutMs, what: 'Decisions were not taken' }, idle).catch(() => {
        logger.warn({ keys: queues.size }, 'Stopped with decisions that were not taken.')
      })
      closing.abort(new SightlineError('UNAVAILABLE', 'Sightline is stopping.'))
    },
  }
}

/** Is it the very next step of what stands there? */
const isNext = (record: IncidentRecord, standing: IncidentRecord): boolean => {
  const base = record.timeline.at(-2)
  const top = standing.timeline.at(-1)
  const events = ({ timeline, omittedEvents }: IncidentRecord): number => timeline.length + omittedEvents
  return (
    record.step === standing.step + 1 &&
    events(record) === events(standing) + 1 &&
    base !== undefined &&
    base.id === top?.id &&
    base.at === top.at &&
    base.kind === top.kind &&
    base.by === top.by
  )
}
