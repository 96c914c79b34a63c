import { z } from 'zod'
import type { Clock } from '../ports/clock.ts'
import type { CollectionDefinition, Stored } from '../ports/collections.ts'
import type { AlertTopics } from '../protocol/alerts.ts'
import type { KeyedPut } from '../protocol/frame.ts'
import { listRecords, type RecordListing } from '../storage/list-records.ts'
import type { StorageLink } from '../storage/storage-link.ts'
import { defineTopic, type RegisteredTopic } from '../topics/define-topic.ts'
import { ALERTS, DELIVERIES, MAINTENANCE, SILENCES } from './alert-records.ts'
import { alertSchemas as schemas } from './alert-schemas.ts'
import { toShownDelivery } from './delivery.ts'
import { toMaintenance } from './hold-keeper.ts'

/** How many that are over are shown. */
export const MOST_SHOWN = 100
const MOST_WAITING = 1_000

/** What screens subscribe to of alerts, deliveries, silences and maintenance. */
export const createAlertTopics = ({
  link,
  clock,
}: {
  readonly link: Pick<StorageLink, 'run'>
  readonly clock: Pick<Clock, 'now'>
}): { readonly [N in keyof AlertTopics]: RegisteredTopic } => {
  const read = async <T>(
    team: string,
    definition: CollectionDefinition<T>,
    query: Omit<RecordListing, 'scope'> & { readonly most: number },
  ): Promise<readonly Stored<T>[]> => (await listRecords(link, definition, { ...query, scope: { team } })).items

  const toPuts = <T>(records: readonly Stored<T>[], show: (value: T) => unknown = (value) => value): readonly KeyedPut[] => {
    const byId = new Map(records.map((record) => [record.id, record]))
    return [...byId.values()].map(({ id, version, value }) => [id, version, show(value)])
  }

  return {
    alerts: defineTopic({
      kind: 'keyed',
      permission: 'alerts:view',
      data: z.array(schemas.alert),
      load: async (_, { team }) => {
        const ofStatus = (status: string) =>
          read(team, ALERTS, { index: 'byStatus', equals: { status }, order: 'desc', most: MOST_WAITING })
        const newest = read(team, ALERTS, { index: 'byTime', equals: {}, order: 'desc', most: MOST_SHOWN })
        const lists = await Promise.all([ofStatus('waiting'), ofStatus('held'), newest])
        return { items: toPuts(lists.flat()) }
      },
    }),
    deliveries: defineTopic({
      kind: 'keyed',
      permission: 'alerts:view',
      data: z.array(schemas.delivery),
      load: async (_, { team }) => ({
        items: toPuts(
          await read(team, DELIVERIES, { index: 'byTime', equals: {}, order: 'desc', most: MOST_SHOWN }),
          toShownDelivery,
        ),
      }),
    }),
    silences: defineTopic({
      kind: 'keyed',
      permission: 'alerts:view',
      data: z.array(schemas.silence),
      load: async (_, { team }) => ({
        items: toPuts(
          await read(team, SILENCES, {
            index: 'byEnd',
            equals: {},
            range: { from: clock.now() + 1 },
            order: 'asc',
            most: MOST_WAITING,
          }),
        ),
      }),
    }),
    maintenance: defineTopic({
      kind: 'keyed',
      permission: 'alerts:view',
      data: z.array(schemas.maintenance),
      load: async (_, { team }) => ({
        items: toPuts(
          await read(team, MAINTENANCE, { index: 'byTitle', equals: {}, order: 'asc', most: MOST_WAITING }),
          (value) => toMaintenance(value, clock.now()),
        ),
      }),
    }),
  }
}
