import type { Page, PageRequest } from '@sightline/core/ports'
import type { StorageContext } from './context.ts'
import { commitOf, commitOne, keyOf, replaceOne, snapshotWrite, ticketWrite, won, writeRevisions, writtenAt } from './writes.ts'

const red = { team: 'red' }

/** Something that is listed in pages, with 20 items that stay while others come and go. */
export interface Listing {
  /** Writes 20 items that stay, and makes what `disturb` needs. */
  prepare(context: StorageContext): Promise<void>
  list(context: StorageContext, page: PageRequest): Promise<Page<string>>
  /** Adds an item before, between and after those that stay, and takes earlier additions away again. */
  disturb(context: StorageContext, round: number): Promise<void>
}

const stays = Array.from({ length: 20 }, (_, index) => String(index * 2).padStart(3, '0'))

/** Names for what comes and goes: at the front, in between, at the end. */
const passing = (round: number): readonly string[] =>
  ['', '0', `${stays[round] ?? '0'}+`, '030+', '999'].map((name) => `${name}!${round}`)

/** Every listing a driver has. */
export const listings: Readonly<Record<string, Listing>> = {
  'heads of targets': {
    prepare: async ({ driver }) => {
      await driver.snapshots.replace(stays.map((api) => snapshotWrite({ key: keyOf(api) })))
    },
    list: async ({ driver }, page) => {
      const { items, next } = await driver.snapshots.heads(red, page)
      return {
        items: items.filter(({ deleted }) => deleted !== true).map(({ id }) => decodeURIComponent(id.split('/')[0] ?? '')),
        next,
      }
    },
    disturb: async ({ driver }, round) => {
      await driver.snapshots.replace(passing(round).map((api) => snapshotWrite({ key: keyOf(api) })))
      await driver.snapshots.remove(passing(round - 1).map((api) => keyOf(api)))
      const key = keyOf(stays[round % stays.length] ?? '')
      const [current] = await driver.snapshots.load([key])
      won(await replaceOne(driver, snapshotWrite({ key, expected: current?.version ?? null, body: `"${round}"` })))
    },
  },

  'history of a target': {
    prepare: async ({ driver }) => {
      await writeRevisions(driver, { key: keyOf('orders'), count: stays.length })
    },
    list: async ({ driver }, page) => {
      const { items, next } = await driver.snapshots.history(keyOf('orders'), page)
      return { items: items.map(({ version }) => stays[version.revision - 1] ?? 'new'), next }
    },
    disturb: async ({ driver }) => {
      const [current] = await driver.snapshots.load([keyOf('orders')])
      won(await replaceOne(driver, snapshotWrite({ key: keyOf('orders'), expected: current?.version ?? null })))
    },
  },

  'heads of records': {
    prepare: async ({ driver }) => {
      await driver.commit(stays.map((id) => commitOf(ticketWrite({ id }))))
    },
    list: async ({ tickets }, page) => {
      const { items, next } = await tickets.heads(red, page)
      return { items: items.filter(({ deleted }) => deleted !== true).map(({ id }) => id), next }
    },
    disturb: (context, round) => disturbTickets(context, round, {}),
  },

  'records by index, ascending': {
    prepare: async ({ driver }) => {
      await driver.commit(stays.map((id) => commitOf(ticketWrite({ id, value: { title: id } }))))
    },
    list: (context, page) => listTickets(context, page, { index: 'byTitle', order: 'asc' }),
    disturb: (context, round) => disturbTickets(context, round, { title: true }),
  },

  'records by index, descending': {
    prepare: async ({ driver }) => {
      await driver.commit(stays.map((id) => commitOf(ticketWrite({ id, value: { title: id } }))))
    },
    list: (context, page) => listTickets(context, page, { index: 'byTitle', order: 'desc' }),
    disturb: (context, round) => disturbTickets(context, round, { title: true }),
  },

  'records that are equal by index': {
    prepare: async ({ driver }) => {
      await driver.commit(stays.map((id) => commitOf(ticketWrite({ id, value: { priority: 1 } }))))
    },
    list: (context, page) => listTickets(context, page, { index: 'byPriority', order: 'desc' }),
    disturb: (context, round) => disturbTickets(context, round, { priority: true }),
  },

  'records without the indexed field': {
    prepare: async ({ driver }) => {
      await driver.commit(stays.map((id) => commitOf(ticketWrite({ id, value: {} }))))
    },
    list: (context, page) => listTickets(context, page, { index: 'byPriority', order: 'asc' }),
    disturb: (context, round) => disturbTickets(context, round, { priority: true }),
  },

  'points of samples': {
    prepare: async ({ driver }) => {
      await driver.samples.append(
        stays.map((_, index) => ({ series: seriesOf(index % 3), at: writtenAt + Math.floor(index / 3) * 10, values: { index } })),
      )
    },
    list: async ({ driver }, page) => {
      const span = { series: [0, 1, 2].map(seriesOf), from: writtenAt - 1_000, to: writtenAt + 1_000 }
      const { items, next } = await driver.samples.points(span, page)
      return { items: items.map(({ series, at }) => `${series.service}@${at}`), next }
    },
    disturb: async ({ driver }, round) => {
      const ats = [writtenAt - 500 + round, writtenAt + round * 10 + 1, writtenAt + 500 + round]
      await driver.samples.append(ats.map((at) => ({ series: seriesOf(round % 3), at, values: {} })))
    },
  },

  'log lines': {
    prepare: async ({ driver }) => {
      await driver.logs.append(
        red,
        stays.map((id, index) => logLine(id, writtenAt + Math.floor(index / 3))),
      )
    },
    list: async ({ driver }, page) => {
      const query = { from: writtenAt - 1_000, to: writtenAt + 1_000, budgetMs: 10_000 }
      const { items, next } = await driver.logs.search(red, { ...query, ...page })
      return { items: items.map(({ id }) => id), next }
    },
    disturb: async ({ driver }, round) => {
      await driver.logs.append(
        red,
        passing(round).map((id, index) => logLine(id, writtenAt + (index - 1) * 3)),
      )
    },
  },
}

const seriesOf = (index: number) => ({ team: 'red', service: `s${index}`, region: 'eu' })

const logLine = (id: string, at: number) => ({ id, at, service: 'api', severity: 9, terms: [], body: '{}' })

const listTickets = async (
  { tickets }: StorageContext,
  page: PageRequest,
  by: { readonly index: string; readonly order: 'asc' | 'desc' },
): Promise<Page<string>> => {
  const { items, next } = await tickets.list(red, { ...page, ...by, equals: {} })
  return { items: items.map(({ id }) => id), next }
}

const disturbTickets = async (
  { driver, tickets }: StorageContext,
  round: number,
  fields: { readonly title?: true; readonly priority?: true },
): Promise<void> => {
  const valueFor = (id: string, index: number) => ({
    ...(fields.title ? { title: id } : {}),
    ...(fields.priority && index % 2 === 0 ? { priority: index - 2 } : {}),
  })
  await driver.commit(passing(round).map((id, index) => commitOf(ticketWrite({ id, value: valueFor(id, index) }))))
  const gone = (await tickets.load(red, passing(round - 1))).filter((record) => record !== null)
  await driver.commit(gone.map(({ id, version }) => commitOf(ticketWrite({ id, expected: version, deleted: true }))))
  // One that stays is written again, its place in the order unchanged.
  const [current] = await tickets.load(red, [stays[round % stays.length] ?? ''])
  if (current === null || current === undefined) return
  won(
    await commitOne(
      driver,
      ticketWrite({ id: current.id, expected: current.version, value: { ...current.value, extra: round } }),
    ),
  )
}
