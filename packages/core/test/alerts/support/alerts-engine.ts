import { ALERT_COLLECTIONS, ALERTS, DELIVERIES } from '../../../src/alerts/alert-records.ts'
import { type AlertsDeps, type AlertsPart, createAlertsPart } from '../../../src/alerts/alerts-part.ts'
import { sha1 } from '../../../src/changes/digest.ts'
import type { IncidentChange } from '../../../src/domain/incident-change.ts'
import type { Leadership } from '../../../src/leadership.ts'
import { memorySpool } from '../../../src/memory/memory-spool.ts'
import { memoryStorage } from '../../../src/memory/memory-storage.ts'
import type { OperationContext } from '../../../src/operations/operation-context.ts'
import type { CollectionDefinition, Stored } from '../../../src/ports/collections.ts'
import { silentLogger } from '../../../src/ports/logger.ts'
import type { Notification, Notifier, NotifyOptions } from '../../../src/ports/notifier.ts'
import type { StorageDriver } from '../../../src/ports/storage.ts'
import type { Alert, Delivery } from '../../../src/protocol/alerts.ts'
import type { Incident } from '../../../src/protocol/incidents.ts'
import { createJournal } from '../../../src/storage/journal.ts'
import { createStorageLink, type StorageLink } from '../../../src/storage/storage-link.ts'
import { type TestClock, testClock } from '../../../src/testing/fake-clock.ts'

/** A definition that is written only because incidents must be stored somewhere. */
export const INCIDENTS: CollectionDefinition<Incident> = {
  name: 'test.incidents',
  parse: (raw) => raw as Incident,
  indexes: { all: ['openedAt'] },
}

/** What one attempt was given. */
export interface Attempt {
  readonly note: Notification
  readonly key: string
  readonly at: number
}

export interface RecordingNotifier extends Notifier {
  readonly attempts: readonly Attempt[]
  /** What was taken. */
  readonly taken: readonly Attempt[]
}

/** A notifier that keeps what it is given; `answer` may throw or hang. */
export const recordingNotifier = (
  clock: Pick<TestClock, 'now'>,
  answer: (attempt: Attempt, options: NotifyOptions) => void | Promise<void> = () => {},
  { paceMs = 0 }: { readonly paceMs?: number } = {},
): RecordingNotifier => {
  const attempts: Attempt[] = []
  const taken: Attempt[] = []
  return {
    name: 'recording',
    paceMs,
    attempts,
    taken,
    send: async (note, options) => {
      const attempt = { note, key: options.idempotencyKey, at: clock.now() }
      attempts.push(attempt)
      await answer(attempt, options)
      taken.push(attempt)
      return {}
    },
  }
}

export const incident = (of: Partial<Incident> & { readonly id: string }): Incident => ({
  ordinal: 1,
  rule: 'service-down',
  service: of.id,
  region: null,
  title: `${of.id} is down`,
  severity: 'high',
  status: 'open',
  isFlapping: false,
  assignee: null,
  openedAt: 0,
  acknowledgedAt: null,
  resolvedAt: null,
  updatedAt: 0,
  timeToAcknowledgeMs: null,
  timeToResolveMs: null,
  reopens: 0,
  reason: 'no answer',
  tags: [],
  commentCount: 0,
  ...of,
})

/** Leadership that a test decides. */
export const switchableLeadership = (isLeading = true): Leadership & { turn(isLeading: boolean): void } => {
  const listeners = new Set<(isLeading: boolean) => void>()
  let leads = isLeading
  return {
    get isLeading() {
      return leads
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    turn: (next) => {
      leads = next
      for (const listener of listeners) listener(next)
    },
  }
}

/** A bus between processes of one test. */
export const sharedWire = () => {
  const ends = new Set<Map<string, (payload: unknown) => void>>()
  return () => {
    const mine = new Map<string, (payload: unknown) => void>()
    ends.add(mine)
    return {
      isAlone: false,
      carry: (type: string, payload: unknown) => {
        const text = JSON.stringify(payload)
        for (const end of ends) if (end !== mine) end.get(type)?.(JSON.parse(text))
      },
      hear: (type: string, receive: (payload: unknown) => void) => void mine.set(type, receive),
    }
  }
}

export interface EngineOptions extends Partial<Pick<AlertsDeps, 'routes' | 'leadership' | 'isParentDown' | 'retry' | 'remote'>> {
  readonly clock?: TestClock
  readonly driver?: StorageDriver
  readonly notifiers: (clock: TestClock) => AlertsDeps['notifiers']
}

export interface AlertsEngine extends AsyncDisposable {
  readonly clock: TestClock
  readonly part: AlertsPart
  readonly link: StorageLink
  readonly driver: StorageDriver
  readonly published: { readonly team: string; readonly topic: string; readonly change: unknown }[]
  /** As the incident keeper does it: the step and what is to be told of it in one commit, then the planner is told. */
  commit(change: Omit<IncidentChange, 'team' | 'at'> & { readonly team?: string }): Promise<void>
  call(operation: string, input: unknown, team?: string): Promise<unknown>
  alerts(): Promise<readonly Alert[]>
  deliveries(): Promise<readonly Delivery[]>
  /** The process is gone: nothing is handed over. */
  die(): void
}

let engines = 0

/** The room of alerts over a real journal, link and memory storage. */
export const startAlerts = async (options: EngineOptions): Promise<AlertsEngine> => {
  const clock = options.clock ?? testClock()
  const driver = options.driver ?? memoryStorage({ clock })
  const logger = silentLogger()
  const name = `engine-${++engines}`
  let ids = 0
  const randomId = (): string => sha1(`${name} ${++ids}`)
  const active = new Map<string, { team: string; incident: Incident }>()
  const published: { team: string; topic: string; change: unknown }[] = []
  let isDead = false

  const link: StorageLink = createStorageLink({
    driver,
    plan: {
      collections: [INCIDENTS as unknown as CollectionDefinition<never>, ...ALERT_COLLECTIONS],
      format: { writes: 1, reads: 1 },
    },
    clock,
    random: () => 0.5,
    logger,
    timeoutMs: 2_000,
    prove: async () => {},
    onUp: () => {
      if (isDead) return
      journal.storageUp()
      part.storageUp?.()
    },
    onAway: () => {},
  })
  const journal = createJournal({ link, spool: memorySpool(), clock, logger })
  const leadership = options.leadership ?? switchableLeadership()
  const part = createAlertsPart({
    clock,
    random: () => 0.5,
    randomId,
    logger,
    origin: name,
    link,
    leadership: {
      get isLeading() {
        return !isDead && leadership.isLeading
      },
      subscribe: leadership.subscribe,
    },
    remote: options.remote ?? { isAlone: true, carry: () => {}, hear: () => {} },
    emitter: { emit: () => false, has: () => false } as unknown as AlertsDeps['emitter'],
    publish: (team, topic, change) => void published.push({ team, topic, change }),
    journal,
    notifiers: options.notifiers(clock),
    ...(options.routes === undefined ? {} : { routes: options.routes }),
    ...(options.retry === undefined ? {} : { retry: options.retry }),
    ...(options.isParentDown === undefined ? {} : { isParentDown: options.isParentDown }),
    activeIncidents: () => [...active.values()],
  })
  await journal.start()
  await part.start()
  await link.open()
  await clock.advance(0)

  const list = async <T>(definition: CollectionDefinition<T>, index: string): Promise<readonly T[]> => {
    const page = await driver.collection(definition).list('system', { index, equals: {}, order: 'asc', limit: 5_000 })
    return page.items.map(({ value }) => value)
  }

  return {
    clock,
    part,
    link,
    driver,
    published,
    commit: async ({ team = 'default', ...rest }) => {
      const change = { ...rest, team, at: clock.now() }
      const key = JSON.stringify([team, change.incident.id])
      if (change.kind === 'resolved') active.delete(key)
      else active.set(key, { team, incident: change.incident })
      const inserts = part.plan(change)
      const writeId = `${change.incident.id} ${change.step}`
      const written = await journal.write({
        write: {
          store: INCIDENTS.name,
          id: writeId,
          team,
          expected: null,
          writeId,
          at: change.at,
          value: change.incident,
        },
        then: inserts,
      })
      if (written !== 'spooled' && !written.ok) throw new Error(`the incident was not stored: ${written.reason}`)
      part.planned(inserts)
    },
    call: async (operation, input, team = 'default') => {
      const context: OperationContext = {
        principal: { id: 'ada', roles: [], teams: [team] },
        team,
        signal: new AbortController().signal,
        now: clock.now(),
        logger,
        commit: async ({ store, id, expected, value }) => {
          const [outcome] = await driver.commit([
            {
              write: {
                store,
                id,
                team,
                expected,
                writeId: randomId(),
                at: clock.now(),
                value: value ?? null,
                ...(value === undefined ? { deleted: true as const } : {}),
              },
              then: [],
            },
          ])
          if (outcome === undefined) throw new Error('no outcome')
          return outcome as { ok: true; record: Stored<unknown> }
        },
        publish: () => {},
      }
      const definition = part.operations[operation as keyof typeof part.operations]
      const parsed = definition.input['~standard'].validate(input) as { value?: unknown; issues?: readonly unknown[] }
      if (parsed.issues !== undefined) throw new Error(`input: ${JSON.stringify(parsed.issues)}`)
      return definition.handle(parsed.value, context)
    },
    alerts: () => list(ALERTS, 'byTime'),
    deliveries: () => list(DELIVERIES, 'byTime'),
    die: () => {
      isDead = true
    },
    [Symbol.asyncDispose]: async () => {
      const stopped = Promise.resolve(part.stop({ timeoutMs: 1_000 })).then(() => journal.stop({ timeoutMs: 1_000 }))
      await clock.advance(5_000)
      await stopped
      const closed = link.close()
      await clock.advance(5_000)
      await closed
    },
  }
}

/** A driver whose calls wait and fail while it is away. */
export const switchableDriver = (driver: StorageDriver): StorageDriver & { isAway: boolean } => {
  const guard =
    <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> => {
      if (switchable.isAway) return Promise.reject(Object.assign(new Error('away'), { code: 'ECONNREFUSED' }))
      return call(...args)
    }
  const switchable: StorageDriver & { isAway: boolean } = {
    ...driver,
    isAway: false,
    ping: guard(driver.ping),
    commit: guard(driver.commit),
    collection: (definition) => {
      const collection = driver.collection(definition)
      return { ...collection, load: guard(collection.load), list: guard(collection.list) }
    },
  }
  return switchable
}
