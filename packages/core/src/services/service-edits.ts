import { SightlineError } from '../errors.ts'
import type { OperationContext } from '../operations/operation-context.ts'
import type { Stored } from '../ports/collections.ts'
import type { Version } from '../ports/identity.ts'
import type { ProbeKind } from '../ports/probe.ts'
import type { CheckSpec, Service, ServiceSpec } from '../protocol/services.ts'
import { spellName } from '../protocol/spell-name.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import { findCycle } from './dependency-cycle.ts'
import type { RecordFollower } from './record-follower.ts'
import type { ServiceDirectory } from './service-directory.ts'
import { checkOf, recordId, SERVICES, type ServiceRecord, specOf } from './service-record.ts'
import { findSpecFaults, invalidInput, specFields } from './service-schema.ts'
import { maskSpec, restoreCheck } from './service-secrets.ts'

export interface ServiceEditsOptions {
  readonly link: Pick<StorageLink, 'run'>
  readonly directory: ServiceDirectory
  readonly follower: Pick<RecordFollower<ServiceRecord>, 'wrote'>
  readonly kinds: ReadonlyMap<string, ProbeKind<unknown>>
  /** A record was written. */
  onWritten(): void
}

export type SpecChanges = { readonly [K in keyof ServiceSpec]?: ServiceSpec[K] | null }

type Context = Pick<OperationContext, 'team' | 'commit'>

/** What people change of the services while it runs: stored, audited, in force here when it is answered. */
export interface ServiceEdits {
  create(name: string, spec: ServiceSpec, context: Context): Promise<Service>
  update(request: { name: string; changes: SpecChanges; expected?: Version | undefined }, context: Context): Promise<Service>
  setEnabled(name: string, enabled: boolean, context: Context): Promise<Service>
  remove(name: string, context: Context): Promise<boolean>
}

interface Judged {
  readonly team: string
  readonly name: string
  /** Begins the paths. */
  readonly path: string
  readonly changed: ReadonlySet<string>
}

const ATTEMPTS = 5
/** Of one team. */
const MOST_SERVICES = 10_000

export const createServiceEdits = ({ link, directory, follower, kinds, onWritten }: ServiceEditsOptions): ServiceEdits => {
  const load = async (team: string, id: string): Promise<Stored<ServiceRecord> | null> =>
    (await link.run((driver) => driver.collection(SERVICES).load({ team }, [id])))[0] ?? null

  const learn = (team: string, id: string, record: Stored<unknown> | null): void => {
    follower.wrote({ team, id, record: record === null ? null : { ...record, value: SERVICES.parse(record.value) } })
    onWritten()
  }

  const shown = (team: string, name: string): Service => maskSpec(directory.demand(team, name).service)

  const refuseConfigured = (team: string, name: string): void => {
    if (directory.isConfigured(team, name)) {
      throw new SightlineError('CONFLICT', `The service ${spellName(name)} is of the configuration, and is changed there.`)
    }
  }

  /** Also what the kinds of checks have against it. `changed` names what is judged: a service whose kind is gone can still be paused. */
  const judge = (spec: ServiceSpec, { team, name, path, changed }: Judged): void => {
    const known = Object.fromEntries(Object.entries(spec).filter(([field]) => Object.hasOwn(specFields, field)))
    const faults = findSpecFaults(known, { kinds, name }).filter((fault) => changed.has(fault.path.split('.')[0] ?? ''))
    const cycle = findCycle(directory.services(team), name, spec.dependsOn ?? [])
    if (cycle !== null && changed.has('dependsOn')) {
      faults.push({ path: 'dependsOn', message: `must not lead back to the service: ${cycle.join(' needs ')}` })
    }
    if (faults.length > 0) throw invalidInput(faults.map((fault) => ({ ...fault, path: `${path}${fault.path}` })))
  }

  /** Reads, applies the change, writes; again where somebody was faster. */
  const change = async (
    id: string,
    context: Context,
    step: (stored: Stored<ServiceRecord> | null) => ServiceRecord | null | undefined,
  ): Promise<boolean> => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const stored = await load(context.team, id)
      const value = step(stored)
      if (value === undefined) return false
      const expected = stored?.version ?? null
      const outcome = await context.commit({
        store: SERVICES.name,
        id,
        expected,
        value: value ?? undefined,
        audited: audited(value),
      })
      if (outcome.ok) {
        learn(context.team, id, value === null ? null : outcome.record)
        return true
      }
    }
    throw new SightlineError('CONFLICT', 'The service is being changed by somebody else.')
  }

  const update: ServiceEdits['update'] = async ({ name, changes, expected }, context) => {
    const { team } = context
    refuseConfigured(team, name)
    await change(recordId('service', name), context, (stored) => {
      const isUnstored = directory.unstored().some((entry) => entry.team === team && entry.name === name)
      if (stored === null && !isUnstored) throw new SightlineError('NOT_FOUND', `There is no service ${spellName(name)}.`)
      if (expected !== undefined && !isSame(stored?.version, expected)) {
        throw new SightlineError('CONFLICT', `The service ${spellName(name)} has been changed since that version.`)
      }
      const before = stored?.value.kind === 'service' ? specOf(stored.value) : {}
      const spec = applyChanges(before, changes)
      judge(spec, { team, name, path: 'changes.', changed: fieldsOf(changes) })
      return { ...spec, kind: 'service', name }
    })
    return shown(team, name)
  }

  return {
    create: async (name, spec, context) => {
      const { team } = context
      refuseConfigured(team, name)
      const fresh = applyChanges({}, spec)
      judge(fresh, { team, name, path: '', changed: new Set(Object.keys(specFields)) })
      if (directory.services(team).size >= MOST_SERVICES) {
        throw new SightlineError('CONFLICT', `There are ${MOST_SERVICES} services already, the most there may be.`)
      }
      const value: ServiceRecord = { ...fresh, kind: 'service', name }
      const id = recordId('service', name)
      const outcome = await context.commit({ store: SERVICES.name, id, expected: null, value, audited: audited(value) })
      if (!outcome.ok) throw new SightlineError('CONFLICT', `There is a service ${spellName(name)} already.`)
      learn(team, id, outcome.record)
      return shown(team, name)
    },
    update,
    setEnabled: async (name, enabled, context) => {
      const { team } = context
      if (!directory.isConfigured(team, name)) return update({ name, changes: { enabled } }, context)
      await change(recordId('override', name), context, (stored) => ({ ...stored?.value, kind: 'override', name, enabled }))
      return shown(team, name)
    },
    remove: async (name, context) => {
      refuseConfigured(context.team, name)
      const wasKnown = directory.dismiss(context.team, name)
      const wasStored = await change(recordId('service', name), context, (stored) => (stored === null ? undefined : null))
      return wasStored || wasKnown
    },
  }
}

/** Fields that are not given stay, null takes one away; a URL and a check take each other's place; masks keep what they stand for. */
const applyChanges = (before: ServiceSpec, changes: SpecChanges): ServiceSpec => {
  const merged: Record<string, unknown> = { ...before }
  if (changes.url != null && changes.check === undefined) delete merged.check
  if (changes.check != null && changes.url === undefined) delete merged.url
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete merged[name]
    else if (value !== undefined) merged[name] = value
  }
  const spec = merged as ServiceSpec
  if (changes.url == null && changes.check == null) return spec
  const entered = checkOf(spec)
  const restored = entered === null ? null : restoreCheck(entered, checkOf(before))
  if (entered !== null && restored === null) {
    const message = 'has *** in place of a secret that is not stored for where it goes: enter the secret itself'
    throw invalidInput([{ path: spec.check === undefined ? 'url' : 'check', message }])
  }
  if (restored === null) return spec
  return spec.check === undefined ? { ...spec, url: String((restored as CheckSpec).url) } : { ...spec, check: restored }
}

/** The fields whose faults come of these changes. */
const fieldsOf = (changes: SpecChanges): ReadonlySet<string> => {
  const fields = new Set(Object.keys(changes))
  if (fields.has('regions')) fields.add('quorum')
  if (fields.has('url') || fields.has('check')) fields.add('url').add('check')
  return fields
}

const isSame = (a: Version | undefined, b: Version): boolean => a?.epoch === b.epoch && a.revision === b.revision

/** What the audit log keeps of a record: everything but what is secret in it. */
const audited = (value: ServiceRecord | null): unknown => (value?.kind === 'service' ? maskSpec(value) : value)
