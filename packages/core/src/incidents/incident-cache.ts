import type { Version } from '../ports/identity.ts'
import type { IncidentRecord } from './incident-record.ts'
import type { StoredIncident } from './incident-store.ts'

/** An incident as this process knows it. */
export interface KnownIncident {
  readonly team: string
  readonly record: IncidentRecord
  /** The latest of storage's that is known; null where it is not stored yet. */
  readonly version: Version | null
  /** Is the record what storage holds under that version? Else it is later, and on its way there. */
  readonly isStored: boolean
  /** Told by another process without its whole timeline: to be shown, not to be written. */
  readonly isPartial: boolean
}

export interface KnownOfKey {
  readonly active: KnownIncident | null
  /** The latest that is resolved, where it is at hand. */
  readonly last: KnownIncident | null
  /** How many there were; null where nobody can say. */
  readonly lastOrdinal: number | null
}

/** What this process knows of the incidents of every team that are not resolved, or were within the last day. */
export interface IncidentCache {
  get(team: string, id: string): KnownIncident | null
  ofKey(team: string, key: string): KnownOfKey
  all(): Iterable<KnownIncident>
  /** What storage holds. Changes nothing where something later is known; `true` where it was news. */
  stored(stored: StoredIncident): boolean
  /** As `stored`, whatever is known: it is what became of what this process had on its way. */
  settled(stored: StoredIncident): void
  /** What is on its way to storage. */
  unstored(team: string, record: IncidentRecord): void
  /** What another process told; `true` where it was news. */
  heard(known: KnownIncident): boolean
  forget(team: string, id: string): void
  /** Every incident there ever was is counted from now on. */
  countedAll(): void
  readonly hasCountedAll: boolean
  count(team: string, key: string, ordinal: number): void
  /** Forgets what was resolved before `since`, and the longest resolved beyond `limit` of a team; answers them. */
  evict(options: { readonly since: number; readonly limit: number }): readonly KnownIncident[]
}

/** Keys whose incidents are counted in memory, at most. */
const COUNTED_KEYS = 50_000

export interface IncidentCacheOptions {
  /** What is known of the team's incidents is another. Default: nobody is told. */
  readonly onChange?: ((team: string) => void) | undefined
}

export const createIncidentCache = ({ onChange }: IncidentCacheOptions = {}): IncidentCache => {
  const incidents = new Map<string, KnownIncident>()
  /** By team and key: who was seen last under it. */
  const latest = new Map<string, { active: string | null; last: string | null }>()
  const ordinals = new Map<string, number>()
  let hasCountedAll = false

  const nameOf = (team: string, name: string): string => JSON.stringify([team, name])

  const count = (team: string, key: string, ordinal: number): void => {
    const name = nameOf(team, key)
    const known = ordinals.get(name) ?? 0
    ordinals.delete(name)
    ordinals.set(name, Math.max(known, ordinal))
    for (const oldest of ordinals.keys()) {
      if (ordinals.size <= COUNTED_KEYS) break
      ordinals.delete(oldest)
      hasCountedAll = false
    }
  }

  const put = (known: KnownIncident): true => {
    const { team, record } = known
    const id = nameOf(team, record.incident.id)
    incidents.set(id, known)
    const name = nameOf(team, record.key)
    const place = latest.get(name) ?? { active: null, last: null }
    latest.set(name, place)
    if (record.isActive) {
      place.active = id
      if (place.last === id) place.last = null
    } else {
      if (place.active === id) place.active = null
      const before = place.last === null ? undefined : incidents.get(place.last)
      if (before === undefined || (before.record.resolvedAt ?? 0) <= (record.resolvedAt ?? 0)) place.last = id
    }
    if (record.ordinal > 0) count(team, record.key, record.ordinal)
    onChange?.(team)
    return true
  }

  const forget = (team: string, incidentId: string): void => {
    const id = nameOf(team, incidentId)
    const known = incidents.get(id)
    incidents.delete(id)
    if (known === undefined) return
    onChange?.(team)
    const name = nameOf(team, known.record.key)
    const place = latest.get(name)
    if (place === undefined) return
    if (place.active === id) place.active = null
    if (place.last === id) place.last = null
    if (place.active === null && place.last === null) latest.delete(name)
  }

  const toKnown = ({ team, value, version }: StoredIncident): KnownIncident => ({
    team,
    record: value,
    version,
    isStored: true,
    isPartial: false,
  })

  const isLater = (next: Version, than: Version): boolean => next.epoch !== than.epoch || next.revision > than.revision

  return {
    get: (team, id) => incidents.get(nameOf(team, id)) ?? null,
    ofKey: (team, key) => {
      const name = nameOf(team, key)
      const { active = null, last = null } = latest.get(name) ?? {}
      return {
        active: active === null ? null : (incidents.get(active) ?? null),
        last: last === null ? null : (incidents.get(last) ?? null),
        lastOrdinal: ordinals.get(name) ?? (hasCountedAll ? 0 : null),
      }
    },
    all: () => incidents.values(),
    stored: (stored) => {
      const next = toKnown(stored)
      const known = incidents.get(nameOf(stored.team, stored.id))
      if (known === undefined) return put(next)
      if (!known.isStored && known.record.step > next.record.step) {
        put({ ...known, version: stored.version })
        return false
      }
      const isSame = known.isStored && known.version !== null && !isLater(stored.version, known.version)
      return isSame && !known.isPartial ? false : put(next)
    },
    settled: (stored) => void put(toKnown(stored)),
    unstored: (team, record) => {
      const known = incidents.get(nameOf(team, record.incident.id))
      put({ team, record, version: known?.version ?? null, isStored: false, isPartial: known?.isPartial ?? false })
    },
    heard: (next) => {
      const known = incidents.get(nameOf(next.team, next.record.incident.id))
      if (known === undefined) return put(next)
      const isNews =
        next.isStored && known.isStored && next.version !== null && known.version !== null
          ? isLater(next.version, known.version)
          : next.record.step > known.record.step || (next.isStored && next.record.step === known.record.step)
      return isNews ? put(next) : false
    },
    forget,
    countedAll: () => {
      hasCountedAll = true
    },
    get hasCountedAll() {
      return hasCountedAll
    },
    count,
    evict: ({ since, limit }) => {
      const resolved = [...incidents.values()].filter(({ record, isStored }) => !record.isActive && isStored)
      const gone: KnownIncident[] = []
      for (const [, group] of Map.groupBy(resolved, ({ team }) => team)) {
        group.sort((a, b) => (b.record.resolvedAt ?? 0) - (a.record.resolvedAt ?? 0))
        gone.push(...group.filter(({ record }, index) => index >= limit || (record.resolvedAt ?? 0) < since))
      }
      for (const { team, record } of gone) forget(team, record.incident.id)
      return gone
    },
  }
}
