import type { AlertPlanner, IncidentChange } from '../../../src/domain/incident-change.ts'
import type { IncidentDecision } from '../../../src/domain/incident-decision.ts'
import { createEmitter } from '../../../src/emitter.ts'
import type { EngineContext } from '../../../src/engine-part.ts'
import type { TeamMeta } from '../../../src/events.ts'
import { INCIDENT_COLLECTIONS, INCIDENTS } from '../../../src/incidents/incident-record.ts'
import { createIncidentsPart } from '../../../src/incidents/incidents-part.ts'
import { soleLeader } from '../../../src/leadership.ts'
import { memorySpool } from '../../../src/memory/index.ts'
import { AUDIT } from '../../../src/operations/audit.ts'
import { createOperationRegistry } from '../../../src/operations/registry.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import type { CollectionDefinition } from '../../../src/ports/collections.ts'
import { silentLogger } from '../../../src/ports/logger.ts'
import type { Spool } from '../../../src/ports/spool.ts'
import type { StorageDriver, StoragePlan } from '../../../src/ports/storage.ts'
import type { Incident } from '../../../src/protocol/incidents.ts'
import { createJournal } from '../../../src/storage/journal.ts'
import { listAllRecords } from '../../../src/storage/list-records.ts'
import { createStorageLink, type StorageLink } from '../../../src/storage/storage-link.ts'
import type { TopicChange } from '../../../src/topics/topic-change.ts'

/** What a planner stores of a step, in place of alerts. */
export interface PlannedNotice {
  readonly incident: string
  readonly kind: IncidentChange['kind']
}

const NOTICES: CollectionDefinition<PlannedNotice> = {
  name: 'test.notices',
  parse: (raw) => raw as PlannedNotice,
  indexes: { byIncident: ['incident'] },
}

export const incidentPlan: StoragePlan & { readonly collections: readonly CollectionDefinition<never>[] } = {
  collections: [...INCIDENT_COLLECTIONS, NOTICES, AUDIT] as unknown as readonly CollectionDefinition<never>[],
  format: { writes: 1, reads: 1 },
}

/** Joins processes: what one carries the others hear, in time. */
export interface TestNetwork {
  readonly members: Set<{ readonly heard: Map<string, (payload: unknown) => void> }>
  isCut: boolean
}

export const testNetwork = (): TestNetwork => ({ members: new Set(), isCut: false })

export interface IncidentProcessOptions {
  readonly driver: StorageDriver
  readonly clock: Clock
  readonly spool?: Spool
  readonly network?: TestNetwork
  readonly name?: string
  readonly reopenWithinMs?: number
  readonly storageTimeoutMs?: number
}

/** One process's incidents over a storage, with a planner that stores a notice for every step that is told. */
export const incidentProcess = ({
  driver,
  clock,
  spool = memorySpool(),
  network = testNetwork(),
  name = 'one',
  reopenWithinMs,
  storageTimeoutMs = 500,
}: IncidentProcessOptions) => {
  const logger = silentLogger()
  const link = createStorageLink({
    driver,
    plan: incidentPlan,
    clock,
    random: () => 0.5,
    logger,
    timeoutMs: storageTimeoutMs,
    prove: async () => {},
    onUp: () => {
      journal.storageUp()
      part.storageUp?.()
    },
    onAway: () => {},
  })
  const journal = createJournal({ link, spool, clock, logger })
  const emitter = createEmitter({ logger })
  const published: ({ team: string; topic: string; params?: unknown } & TopicChange)[] = []
  const events: string[] = []
  const planned: { readonly id: string; readonly at: number }[] = []
  const heard = new Map<string, (payload: unknown) => void>()
  const member = { heard }
  network.members.add(member)
  let ids = 0

  const context: EngineContext = {
    clock,
    random: () => 0.5,
    randomId: () => `${name}-${++ids}`,
    logger,
    origin: name,
    link,
    leadership: soleLeader(),
    remote: {
      isAlone: false,
      carry: (type, payload) => {
        const text = JSON.stringify(payload)
        if (network.isCut || text.length > 65_536) return
        for (const other of network.members) {
          if (other !== member) queueMicrotask(() => other.heard.get(type)?.(JSON.parse(text)))
        }
      },
      hear: (type, receive) => void heard.set(type, receive),
    },
    emitter,
    publish: (team, topic, change) => void published.push({ team, topic, ...change }),
  }
  const alerts: AlertPlanner = {
    plan: ({ team, incident, kind, step, at }) =>
      kind === 'opened' || kind === 'reopened' || kind === 'resolved'
        ? [
            {
              store: NOTICES.name,
              id: `${incident.id} ${step} ${kind}`,
              team,
              expected: null,
              writeId: context.randomId(),
              at,
              value: { incident: incident.id, kind } satisfies PlannedNotice,
            },
          ]
        : [],
    planned: (inserts) => void planned.push(...inserts.map(({ id }) => ({ id, at: clock.now() }))),
  }
  const toldActive: string[] = []
  const onActive = (team: string): void => void toldActive.push(team)
  const part = createIncidentsPart({
    ...context,
    journal,
    alerts,
    onActive,
    ...(reopenWithinMs === undefined ? {} : { reopenWithinMs }),
  })
  for (const event of [
    'incident:opened',
    'incident:reopened',
    'incident:acknowledged',
    'incident:commented',
    'incident:resolved',
  ] as const) {
    emitter.on(event, (incident: Incident, meta: TeamMeta) => void events.push(`${event} ${incident.id} ${meta.origin}`))
  }
  const registry = createOperationRegistry({
    operations: new Map(Object.entries(part.operations)),
    authority: { policy: 'test', demand: async () => {}, allows: async () => true, authenticate: async () => null } as never,
    clock,
    logger,
    randomId: context.randomId,
    publish: () => {},
    commit: (commits) => link.run((storage) => storage.commit(commits)),
  })

  return {
    part,
    journal,
    link,
    published,
    events,
    planned,
    toldActive,
    start: async () => {
      await link.open()
      await journal.start()
      await part.start()
    },
    stop: async () => {
      await part.stop({ timeoutMs: 1_000 })
      await journal.stop({ timeoutMs: 1_000 })
      await link.close()
      network.members.delete(member)
    },
    call: <T>(
      operation: string,
      input: unknown,
      { by = 'ann', team = 'default', key }: { readonly by?: string | null; readonly team?: string; readonly key?: string } = {},
    ): Promise<T> =>
      registry.call({
        operation,
        input,
        principal: by === null ? null : { id: by, roles: [], teams: [team] },
        team,
        ...(key === undefined ? {} : { idempotencyKey: key }),
      } as never) as Promise<T>,
  }
}

export type IncidentProcess = ReturnType<typeof incidentProcess>

/** Everything that is stored, read by a driver of its own. */
export const storedIncidents = async (driver: StorageDriver) => {
  const query = { scope: 'system', equals: {}, order: 'asc' } as const
  const link: Pick<StorageLink, 'run'> = { run: async (ask) => ask(driver) }
  const stored = await listAllRecords(link, INCIDENTS, { ...query, index: 'byOpened' })
  const notices = await listAllRecords(link, NOTICES, { ...query, index: 'byIncident' })
  return { records: stored.map(({ value }) => value), stored, notices: notices.map(({ id }) => id) }
}

export const decision = (kind: IncidentDecision['kind'], at: number, rest: Partial<IncidentDecision> = {}): IncidentDecision =>
  ({
    team: 'default',
    rule: 'high-latency',
    service: 'checkout',
    region: 'eu-west',
    at,
    reason: `latencyMs was 900 at ${at}`,
    ...(kind === 'open' ? { title: 'Checkout is slow', severity: 'high', tags: ['shop'] } : {}),
    kind,
    ...rest,
  }) as IncidentDecision
