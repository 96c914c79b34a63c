import { SightlineError } from '../errors.ts'
import { defineMutation, defineQuery, type Operation } from '../operations/define-operation.ts'
import type { OperationContext } from '../operations/operation-context.ts'
import { readPage } from '../operations/read-page.ts'
import type { CollectionDefinition, IndexQuery, Stored } from '../ports/collections.ts'
import type { Page } from '../ports/identity.ts'
import type { Notifier } from '../ports/notifier.ts'
import type { AlertOperations, Delivery, Route } from '../protocol/alerts.ts'
import { listRecords } from '../storage/list-records.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import { ALERTS, DELIVERIES } from './alert-records.ts'
import { alertSchemas as schemas } from './alert-schemas.ts'
import { toShownDelivery } from './delivery.ts'

export interface AlertOperationsDeps {
  readonly link: Pick<StorageLink, 'run'>
  readonly randomId: () => string
  readonly notifiers: Readonly<Record<string, Notifier>>
  readonly routes: readonly Route[]
  /** A delivery was made, or is to be sent once more. */
  onDelivery(record: Stored<Delivery>): void
}

type Names = Exclude<keyof AlertOperations, `silences.${string}` | `maintenance.${string}`>

const ATTEMPTS = 5
/** How many of a channel's deliveries are counted at most. */
const MOST_COUNTED = 1_000

/** The operations on alerts, deliveries, channels and routes. */
export const createAlertOperations = (deps: AlertOperationsDeps): { readonly [N in Names]: Operation } => {
  const { link, randomId, notifiers, routes, onDelivery } = deps

  const list = <T>(
    team: string,
    definition: CollectionDefinition<T>,
    query: Pick<IndexQuery, 'index' | 'equals'> & {
      readonly limit: number
      readonly cursor: string | undefined
      readonly keeps?: (value: T) => boolean
    },
  ): Promise<Page<T>> =>
    readPage<T>({
      limit: query.limit,
      cursor: query.cursor,
      sizeOf: (item) => JSON.stringify(item).length,
      read: async (request) => {
        const page = await link.run((driver) =>
          driver.collection(definition).list({ team }, { index: query.index, equals: query.equals, order: 'desc', ...request }),
        )
        const values = page.items.map(({ value }) => value)
        return { items: query.keeps === undefined ? values : values.filter(query.keeps), next: page.next }
      },
    })

  const count = async (
    team: string,
    channel: string,
    status: Delivery['status'],
  ): Promise<{ readonly count: number; readonly newest: Delivery | null }> => {
    const { items } = await listRecords(link, DELIVERIES, {
      scope: { team },
      index: 'byChannel',
      equals: { channel, status },
      order: 'desc',
      most: MOST_COUNTED,
    })
    return { count: items.length, newest: items[0]?.value ?? null }
  }

  const insert = async (delivery: Delivery, { commit }: OperationContext): Promise<Delivery> => {
    const outcome = await commit({ store: DELIVERIES.name, id: delivery.id, expected: null, value: delivery })
    if (!outcome.ok) throw new SightlineError('CONFLICT', 'A delivery of this id is there already.')
    onDelivery(outcome.record as Stored<Delivery>)
    return delivery
  }

  const replay = async (id: string, { team, now, commit }: OperationContext): Promise<Delivery> => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const [stored] = await link.run((driver) => driver.collection(DELIVERIES).load({ team }, [id]))
      if (stored === null || stored === undefined) throw new SightlineError('NOT_FOUND', 'There is no delivery of this id.')
      if (stored.value.status !== 'dead') {
        throw new SightlineError('CONFLICT', `This delivery is ${stored.value.status}; only dead ones are sent once more.`)
      }
      const value: Delivery = { ...stored.value, status: 'pending', refusals: 0, startedAt: now, nextAttemptAt: now }
      const outcome = await commit({ store: DELIVERIES.name, id, expected: stored.version, value })
      if (!outcome.ok) continue
      onDelivery(outcome.record as Stored<Delivery>)
      return toShownDelivery(value)
    }
    throw new SightlineError('CONFLICT', 'The delivery is being changed by somebody else.')
  }

  return {
    'alerts.list': defineQuery({
      permission: 'alerts:view',
      summary: 'What was, is or waits to be told, newest first.',
      input: schemas.listAlerts,
      output: schemas.alerts,
      http: { method: 'GET', path: '/alerts' },
      handle: ({ status, channel, incident, limit, cursor }, { team }) => {
        const by =
          incident !== undefined
            ? { index: 'byIncident', equals: { incident } }
            : status !== undefined
              ? { index: 'byStatus', equals: { status } }
              : channel !== undefined
                ? { index: 'byChannel', equals: { channel } }
                : { index: 'byTime', equals: {} }
        return list(team, ALERTS, {
          ...by,
          limit,
          cursor,
          keeps: (alert) =>
            (status === undefined || alert.status === status) && (channel === undefined || alert.channel === channel),
        })
      },
    }),
    'deliveries.list': defineQuery({
      permission: 'alerts:view',
      summary: 'Messages to channels and what became of them, newest first.',
      input: schemas.listDeliveries,
      output: schemas.deliveries,
      http: { method: 'GET', path: '/deliveries' },
      handle: async ({ status, channel, limit, cursor }, { team }) => {
        const by =
          status !== undefined && channel !== undefined
            ? { index: 'byChannel', equals: { channel, status } }
            : status !== undefined
              ? { index: 'byStatus', equals: { status } }
              : { index: 'byTime', equals: {} }
        const page = await list(team, DELIVERIES, {
          ...by,
          limit,
          cursor,
          keeps: (delivery) => channel === undefined || delivery.channel === channel,
        })
        return { items: page.items.map(toShownDelivery), next: page.next }
      },
    }),
    'deliveries.replay': defineMutation({
      permission: 'alerts:manage',
      summary: 'Sends what is dead once more, under its key.',
      input: schemas.byId,
      output: schemas.delivery,
      http: { method: 'POST', path: '/deliveries/:id/replay' },
      handle: ({ id }, context) => replay(id, context),
    }),
    'channels.list': defineQuery({
      permission: 'alerts:view',
      summary: 'Where alerts can go, and what of it waits or is dead.',
      input: schemas.nothing,
      output: schemas.channels,
      http: { method: 'GET', path: '/channels' },
      handle: async (_, { team }) => ({
        items: await Promise.all(
          Object.entries(notifiers).map(async ([name, notifier]) => {
            const [pending, dead] = await Promise.all([count(team, name, 'pending'), count(team, name, 'dead')])
            const lastError = pending.newest?.lastError ?? dead.newest?.lastError ?? null
            return { name, kind: notifier.name, pending: pending.count, dead: dead.count, lastError }
          }),
        ),
        next: null,
      }),
    }),
    'channels.test': defineMutation({
      permission: 'alerts:manage',
      summary: 'Sends a test message to a channel.',
      input: schemas.testChannel,
      output: schemas.delivery,
      http: { method: 'POST', path: '/channels/:channel/test' },
      handle: ({ channel }, context) => {
        if (!Object.hasOwn(notifiers, channel)) throw new SightlineError('NOT_FOUND', 'There is no channel of this name.')
        return insert(testDelivery(randomId(), channel, context.now), context)
      },
    }),
    'routes.list': defineQuery({
      permission: 'alerts:view',
      summary: 'Which alerts go where, in the order in which it is decided.',
      input: schemas.nothing,
      output: schemas.routes,
      http: { method: 'GET', path: '/routes' },
      handle: () => ({ items: routes, next: null }),
    }),
  }
}

const testDelivery = (id: string, channel: string, now: number): Delivery => ({
  id,
  channel,
  kind: 'test',
  group: `test=${id}`,
  alerts: [],
  alertCount: 0,
  title: `This is a test of the channel ${channel}.`,
  severity: 'low',
  status: 'pending',
  attempts: 0,
  refusals: 0,
  createdAt: now,
  startedAt: now,
  nextAttemptAt: now,
  sentAt: null,
  receipt: null,
  lastError: null,
})
