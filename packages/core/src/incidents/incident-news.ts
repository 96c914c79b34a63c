import type { EngineContext } from '../engine-part.ts'
import type { TeamMeta } from '../events.ts'
import type { Version } from '../ports/identity.ts'
import type { IncidentEvent } from '../protocol/incidents.ts'
import type { IncidentCache, KnownIncident } from './incident-cache.ts'
import { type IncidentRecord, toDetail } from './incident-record.ts'

export interface IncidentNewsOptions extends Pick<EngineContext, 'emitter' | 'publish' | 'remote' | 'origin' | 'logger'> {
  readonly cache: IncidentCache
}

/** Tells screens, listeners and the other processes of an incident. */
export interface IncidentNews {
  /** It took a step here; its latest event says which. */
  changed(known: KnownIncident): void
  /** It is what was shown before, but stored now, or nothing that anybody did here. */
  shown(known: KnownIncident): void
  /** They are not listed any more: others came in their place, or they are long over. */
  gone(known: readonly KnownIncident[]): void
  /** As an item of the topic `incidents`. */
  put(known: KnownIncident): readonly [key: string, version: Version, item: unknown]
}

/** Between the processes. */
const CHANGED = 'incidents:changed'
/** Longer ones travel without most of their timeline, in characters. The bus carries 65,536. */
const CARRIED = 48_000
const CARRIED_EVENTS = 5
/** Has no version that a client could move its mark to. */
const NOT_STORED: Version = { epoch: '', revision: 0 }

const EVENTS = {
  opened: 'incident:opened',
  reopened: 'incident:reopened',
  acknowledged: 'incident:acknowledged',
  resolved: 'incident:resolved',
} as const

export const createIncidentNews = ({ cache, emitter, publish, remote, origin, logger }: IncidentNewsOptions): IncidentNews => {
  const unstoredEpoch = `${origin} not stored`

  const put: IncidentNews['put'] = ({ record, version, isStored }) => [
    record.incident.id,
    isStored && version !== null ? version : { epoch: unstoredEpoch, revision: record.step },
    record.incident,
  ]

  const emit = ({ incident, timeline }: IncidentRecord, meta: TeamMeta): void => {
    const event = timeline.at(-1)
    if (event === undefined) return
    if (event.kind === 'commented') emitter.emit('incident:commented', incident, { ...meta, comment: event })
    else if (isTold(event.kind)) emitter.emit(EVENTS[event.kind], incident, meta)
  }

  const shown = (known: KnownIncident): void => {
    const { team, record, version, isStored } = known
    publish(team, 'incidents', { kind: 'keyed', put: [put(known)], drop: [] })
    const change = { params: { id: record.incident.id }, kind: 'state', data: toDetail(record) } as const
    if (isStored && version !== null) publish(team, 'incident', { ...change, version })
    else publish(team, 'incident', { ...change, version: version ?? NOT_STORED, provisional: true })
    if (!remote.isAlone) remote.carry(CHANGED, toCarried(known))
  }

  remote.hear(CHANGED, (payload) => {
    const known = payload as KnownIncident
    if (!cache.heard(known)) return
    const before = known.record.timeline.at(-1)
    logger.debug({ incident: known.record.incident.id, kind: before?.kind }, 'Another process changed an incident.')
    emit(known.record, { origin: 'remote', team: known.team })
  })

  return {
    changed: (known) => {
      shown(known)
      emit(known.record, { origin: 'local', team: known.team })
    },
    shown,
    gone: (all) => {
      for (const [team, group] of Map.groupBy(all, (known) => known.team)) {
        const drop = group.map((known): [string, Version] => {
          const [key, { epoch, revision }] = put(known)
          // An epoch of its own: what comes after it under the item's own versions is news again.
          return [key, { epoch: `${epoch} gone`, revision }]
        })
        publish(team, 'incidents', { kind: 'keyed', put: [], drop })
      }
    },
    put,
  }
}

const isTold = (kind: IncidentEvent['kind']): kind is keyof typeof EVENTS => Object.hasOwn(EVENTS, kind)

const toCarried = (known: KnownIncident): KnownIncident => {
  if (JSON.stringify(known.record).length <= CARRIED) return known
  const { record } = known
  // Without its comments' texts as well: one of them alone may be long.
  const timeline = record.timeline.slice(-CARRIED_EVENTS).map((event) => ({ ...event, text: event.text.slice(0, 1_000) }))
  return { ...known, record: { ...record, timeline }, isPartial: true }
}
