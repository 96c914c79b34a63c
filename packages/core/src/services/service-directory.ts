import { SightlineError } from '../errors.ts'
import type { Logger } from '../ports/logger.ts'
import type { Probe } from '../ports/probe.ts'
import { DEFAULT_TEAM } from '../protocol/rooms.ts'
import type { Service, ServiceSpec } from '../protocol/services.ts'
import { spellName } from '../protocol/spell-name.ts'
import type { Learned } from './record-follower.ts'
import { isChecked, isUsable, type ServiceRecord, specOf, toService } from './service-record.ts'

/** A service of the configuration: as it is entered, or checked by code. */
export type ConfiguredService = ServiceSpec & {
  /** Asked in place of a `check`. It is one probe for all regions; the region is in its context. */
  readonly probe?: Probe
}

/** A service in force. */
export interface ServiceEntry {
  readonly team: string
  readonly name: string
  /** Secrets included. */
  readonly service: Service
  /** Where it is checked by code. */
  readonly probe: Probe | null
  /** Is it asked, by code or as its record says, or does it report itself? */
  readonly isChecked: boolean
}

export interface ServiceTurn {
  readonly team: string
  readonly name: string
  /** null: it was not there. */
  readonly before: ServiceEntry | null
  /** null: it is gone. */
  readonly after: ServiceEntry | null
}

export interface ServiceDirectoryOptions {
  /** Of the default team. */
  readonly configured: Readonly<Record<string, ConfiguredService>>
  readonly logger: Logger
  onTurned(turns: readonly ServiceTurn[]): void
}

/** The services in force: those of the configuration over the stored ones, and those over what announced itself in this process. */
export interface ServiceDirectory {
  teams(): readonly string[]
  services(team: string): ReadonlyMap<string, Service>
  entries(): Iterable<ServiceEntry>
  find(team: string, name: string): ServiceEntry | null
  /** Throws `NOT_FOUND`. */
  demand(team: string, name: string): ServiceEntry
  isConfigured(team: string, name: string): boolean
  /** What storage holds became this. */
  learned(changes: readonly Learned<ServiceRecord>[]): void
  /** A service of this process made itself known. False where it was deleted since the process began, or there are too many. */
  announce(team: string, name: string): boolean
  /** It does not come back by announcing itself. Was it in force by that alone? */
  dismiss(team: string, name: string): boolean
  /** Those that announced themselves and are not stored yet. */
  unstored(): readonly ServiceEntry[]
}

/** Names that a process gives its own services are few; those of its users are not. */
const MOST_ANNOUNCED = 1_000

interface Stored {
  service: Service | null
  /** Of the configuration's service. */
  isEnabled: boolean | null
}

const entryOf = (team: string, service: Service, probe: Probe | null = null): ServiceEntry => ({
  team,
  name: service.name,
  service,
  probe,
  isChecked: probe !== null || isChecked(service),
})

export const createServiceDirectory = ({ configured, logger, onTurned }: ServiceDirectoryOptions): ServiceDirectory => {
  const stored = new Map<string, Map<string, Stored>>()
  const announced = new Map<string, Set<string>>()
  const dismissed = new Set<string>()
  const inForce = new Map<string, Map<string, ServiceEntry>>()
  const shown = new Map<string, Map<string, Service>>()
  const hidden = new Set<string>()

  const isConfigured = (team: string, name: string): boolean => team === DEFAULT_TEAM && Object.hasOwn(configured, name)

  const within = <V>(byTeam: Map<string, V>, team: string, make: () => V): V => {
    const known = byTeam.get(team)
    if (known !== undefined) return known
    const made = make()
    byTeam.set(team, made)
    return made
  }

  const storedOf = (team: string, name: string): Stored =>
    within(
      within(stored, team, () => new Map<string, Stored>()),
      name,
      () => ({ service: null, isEnabled: null }),
    )

  const resolve = (team: string, name: string): ServiceEntry | null => {
    const known = stored.get(team)?.get(name)
    if (isConfigured(team, name)) {
      const { probe = null, ...spec } = configured[name] as ConfiguredService
      const isEnabled = known?.isEnabled ?? spec.enabled ?? true
      if (known?.service != null && !hidden.has(name)) {
        hidden.add(name)
        logger.warn({ service: name }, 'A stored service is hidden: the configuration has one of that name.')
      }
      return entryOf(team, toService(name, { ...spec, enabled: isEnabled }, 'config'), probe)
    }
    if (known?.service != null) return entryOf(team, known.service)
    return announced.get(team)?.has(name) === true ? entryOf(team, toService(name, {}, 'stored')) : null
  }

  const settle = (names: readonly (readonly [team: string, name: string])[]): readonly ServiceTurn[] => {
    const turns: ServiceTurn[] = []
    for (const [team, name] of names) {
      const entries = within(inForce, team, () => new Map<string, ServiceEntry>())
      const services = within(shown, team, () => new Map<string, Service>())
      const before = entries.get(name) ?? null
      const after = resolve(team, name)
      if (before === null && after === null) continue
      if (before !== null && after !== null && JSON.stringify(before.service) === JSON.stringify(after.service)) continue
      if (after === null) {
        entries.delete(name)
        services.delete(name)
      } else {
        entries.set(name, after)
        services.set(name, after.service)
      }
      turns.push({ team, name, before, after })
    }
    return turns
  }

  const learnOne = ({ team, id, record }: Learned<ServiceRecord>): readonly [team: string, name: string] => {
    // An override's id is its name behind `config:`; no service's name has a colon.
    const isOverride = id.startsWith('config:')
    const name = isOverride ? id.slice('config:'.length) : id
    const entry = storedOf(team, name)
    const value = record !== null && isUsable(record.value) ? record.value : null
    if (isOverride) entry.isEnabled = value?.kind === 'override' ? value.enabled : null
    else if (value?.kind === 'service' && record !== null) {
      entry.service = { ...toService(name, specOf(value), 'stored'), version: record.version }
    } else {
      if (entry.service !== null && announced.get(team)?.delete(name) === true) dismissed.add(JSON.stringify([team, name]))
      entry.service = null
    }
    if (entry.service === null && entry.isEnabled === null) stored.get(team)?.delete(name)
    return [team, name]
  }

  const tell = (turns: readonly ServiceTurn[]): void => {
    if (turns.length > 0) onTurned(turns)
  }

  // Who is told of turns reads these first.
  settle(Object.keys(configured).map((name) => [DEFAULT_TEAM, name] as const))

  return {
    teams: () => [...inForce].filter(([, entries]) => entries.size > 0).map(([team]) => team),
    services: (team) => shown.get(team) ?? new Map(),
    entries: function* () {
      for (const entries of inForce.values()) yield* entries.values()
    },
    find: (team, name) => inForce.get(team)?.get(name) ?? null,
    demand: (team, name) => {
      const entry = inForce.get(team)?.get(name)
      if (entry === undefined) throw new SightlineError('NOT_FOUND', `There is no service ${spellName(name)}.`)
      return entry
    },
    isConfigured,
    learned: (changes) => tell(settle(changes.map(learnOne))),
    announce: (team, name) => {
      const names = within(announced, team, () => new Set<string>())
      if (names.has(name)) return true
      if (dismissed.has(JSON.stringify([team, name])) || names.size >= MOST_ANNOUNCED) return false
      names.add(name)
      if (inForce.get(team)?.has(name) !== true) tell(settle([[team, name]]))
      return true
    },
    dismiss: (team, name) => {
      if (announced.get(team)?.delete(name) !== true) return false
      dismissed.add(JSON.stringify([team, name]))
      const isHeld = stored.get(team)?.get(name)?.service != null
      tell(settle([[team, name]]))
      return !isHeld
    },
    unstored: () =>
      [...announced].flatMap(([team, names]) =>
        [...names].flatMap((name) => {
          const isHeld = isConfigured(team, name) || stored.get(team)?.get(name)?.service != null
          return isHeld ? [] : [resolve(team, name)].filter((entry) => entry !== null)
        }),
      ),
  }
}
