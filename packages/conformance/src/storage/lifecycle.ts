import assert from 'node:assert/strict'
import { rejectsWith } from '../rejection.ts'
import type { Group } from '../runner.ts'
import type { StorageContext } from './context.ts'
import { readAll } from './listing.ts'
import { conformancePlan, type Ticket, ticketDefinition } from './plan.ts'
import {
  commitOf,
  commitOne,
  keyOf,
  noteWrite,
  replaceOne,
  snapshotWrite,
  ticketWrite,
  won,
  writeRevisions,
  writtenAt,
} from './writes.ts'

const red = { team: 'red' }
const series = { team: 'red', service: 'api', region: 'eu' }

/** Coming up, going down, coming back. */
export const lifecycle: Group<StorageContext> = {
  name: 'lifecycle',
  tests: {
    'a driver has a name and tells its capabilities': async ({ driver, capabilities }) => {
      assert.ok(driver.name.length > 0)
      assert.equal(typeof capabilities.watch, 'boolean')
      assert.equal(typeof capabilities.transactions, 'boolean')
    },

    'connecting again changes nothing': async ({ driver, capabilities, tickets }) => {
      const [snapshot] = await writeRevisions(driver, { key: keyOf('orders'), count: 1 })
      const ticket = won(await commitOne(driver, ticketWrite({ id: 'one' })))
      assert.deepEqual(await driver.connect(conformancePlan), capabilities)
      assert.deepEqual(await driver.snapshots.load([keyOf('orders')]), [snapshot])
      assert.deepEqual(await tickets.load(red, ['one']), [ticket])
    },

    'several processes connect at once, to an empty store and to a full one': async ({ driverOver, driver }) => {
      for (let round = 0; round < 3; round++) {
        const drivers = Array.from({ length: 6 }, () => driverOver())
        await Promise.all(drivers.map((each) => each.connect(conformancePlan)))
        const key = keyOf(`round-${round}`)
        const snapshot = won(await replaceOne(drivers[round] ?? driver, snapshotWrite({ key })))
        for (const each of drivers) assert.deepEqual(await each.snapshots.load([key]), [snapshot])
        await Promise.all(drivers.map((each) => each.close()))
      }
    },

    'several processes connect at once to a store that nobody has connected to': async ({ fresh }) => {
      const drivers = await fresh(6)
      await Promise.all(drivers.map((each) => each.connect(conformancePlan)))
      const [first, second] = drivers
      assert.ok(first !== undefined && second !== undefined)
      const snapshot = won(await replaceOne(first, snapshotWrite({ key: keyOf('orders') })))
      assert.deepEqual(await second.snapshots.load([keyOf('orders')]), [snapshot])
    },

    'what was written is there after a restart': async ({ driver, connect }) => {
      const key = keyOf('orders')
      const [, snapshot] = await writeRevisions(driver, { key, count: 2 })
      const ticket = won(await commitOne(driver, ticketWrite({ id: 'one', value: { title: 'a' } }), noteWrite({ id: 'n' })))
      await driver.samples.append([{ series, at: writtenAt, values: { latencyMs: 5 } }])
      await driver.samples.putBuckets([{ series, resolutionMs: 60_000, start: 0, stats: Uint8Array.of(1, 2) }])
      const line = { id: 'l', at: writtenAt, service: 'api', severity: 9, terms: ['a'], body: '{}' }
      await driver.logs.append(red, [line])
      await driver.close()

      const again = await connect()
      assert.deepEqual(await again.snapshots.load([key]), [snapshot])
      assert.equal((await readAll((page) => again.snapshots.history(key, page))).length, 2)
      assert.deepEqual(await again.collection(ticketDefinition).load(red, ['one']), [ticket])
      const points = await again.samples.points({ series: [series], from: 0, to: writtenAt + 1 }, { limit: 10 })
      assert.deepEqual(points.items, [{ series, at: writtenAt, values: { latencyMs: 5 } }])
      const buckets = await again.samples.buckets({ series: [series], from: 0, to: 1, resolutionMs: 60_000 })
      assert.deepEqual([...(buckets[0]?.stats ?? [])], [1, 2])
      const lines = await again.logs.search(red, { from: 0, to: writtenAt + 1, budgetMs: 10_000, limit: 10 })
      assert.deepEqual(lines.items, [line])
    },

    'connect creates what a later plan adds: a collection, an index over what is there': async ({ driver, connect }) => {
      won(await commitOne(driver, ticketWrite({ id: 'b', value: { title: 'b', queue: 'x' } })))
      won(await commitOne(driver, ticketWrite({ id: 'a', value: { title: 'a', queue: 'x' } })))
      const extended = { ...ticketDefinition, indexes: { ...ticketDefinition.indexes, byQueueAndTitle: ['queue', 'title'] } }
      const added = { name: 'conformance.added', parse: (raw: unknown) => raw as Ticket, indexes: { byTitle: ['title'] } }
      const later = await connect({ ...conformancePlan, collections: [...conformancePlan.collections.slice(1), extended, added] })
      const listed = await readAll((page) =>
        later.collection(extended).list(red, { ...page, index: 'byQueueAndTitle', equals: { queue: 'x' }, order: 'asc' }),
      )
      assert.deepEqual(
        listed.map(({ id }) => id),
        ['a', 'b'],
      )
      won(await commitOne(later, ticketWrite({ id: 'one', store: added.name, value: { title: 't' } })))
      const inAdded = await readAll((page) =>
        later.collection(added).list(red, { ...page, index: 'byTitle', equals: {}, order: 'asc' }),
      )
      assert.deepEqual(
        inAdded.map(({ id }) => id),
        ['one'],
      )
      won(await commitOne(driver, ticketWrite({ id: 'c', value: { title: 'c' } })))
    },

    'a ping tells the time of the server': async ({ driver, now, elapse }) => {
      const before = await now()
      assert.ok(Number.isFinite(before) && before > 1_500_000_000_000, 'ms since the Unix epoch')
      await elapse(120)
      const after = await now()
      assert.ok(after - before >= 100 && after - before < 60_000, `120 ms later it is ${after - before} ms later`)
      assert.deepEqual(Object.keys(await driver.ping()), ['serverTime'])
    },

    'close may be called again, at once, and before connect': async ({ driver, driverOver }) => {
      await Promise.all([driver.close(), driver.close()])
      await driver.close()
      await driverOver().close()
    },

    'closing one driver leaves the others over the store alone': async ({ driver, connect }) => {
      const other = await connect()
      await driver.close()
      won(await replaceOne(other, snapshotWrite({ key: keyOf('orders') })))
      assert.equal((await other.snapshots.load([keyOf('orders')])).length, 1)
    },

    'close leaves a connection open that the driver did not open': async ({ subject }) => {
      assert.ok(subject.borrowing !== undefined, 'the factory lends no connection (`borrowing`)')
      const { driver, isConnectionOpen, dispose } = await subject.borrowing()
      try {
        await driver.connect(conformancePlan)
        won(await replaceOne(driver, snapshotWrite({ key: keyOf('orders') })))
        await driver.close()
        assert.equal(await isConnectionOpen(), true)
      } finally {
        await dispose()
      }
    },

    'before connect every call is UNAVAILABLE': async ({ driverOver }) => {
      for (const call of Object.values(calls)) await rejectsWith('UNAVAILABLE', () => call(driverOver()))
    },

    'after close every call is UNAVAILABLE, and none reads as "not found"': async ({ driver }) => {
      await driver.close()
      for (const call of Object.values(calls)) await rejectsWith('UNAVAILABLE', () => call(driver))
    },

    'a collection that is not in the plan is refused': async ({ driver }) => {
      const unplanned = { ...ticketDefinition, name: 'conformance.unplanned' }
      await rejectsWith('INVALID_INPUT', () => driver.collection(unplanned).load(red, ['one']))
      await rejectsWith('INVALID_INPUT', () => driver.collection(unplanned).heads(red, { limit: 1 }))
      await rejectsWith('INVALID_INPUT', () => commitOne(driver, ticketWrite({ id: 'one', store: unplanned.name })))
    },

    'a negative fence is refused': async ({ driver }) => {
      for (const fence of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
        await rejectsWith('INVALID_INPUT', () => replaceOne(driver, snapshotWrite({ key: keyOf('orders'), fence })))
        await rejectsWith('INVALID_INPUT', () => driver.snapshots.raiseFence([keyOf('orders')], fence))
      }
    },

    'a store that cannot be reached is UNAVAILABLE or a TIMEOUT, and never "not found"': async ({ driver, subject, tickets }) => {
      assert.ok(subject.cutOff !== undefined, 'the factory cannot cut the store off (`cutOff`)')
      const key = keyOf('orders')
      const [snapshot] = await writeRevisions(driver, { key, count: 1 })
      const ticket = won(await commitOne(driver, ticketWrite({ id: 'one' })))
      const reconnect = await subject.cutOff()
      for (const [name, call] of Object.entries(calls)) {
        const error = await call(driver).then(
          () => null,
          (thrown: unknown) => thrown,
        )
        const code = error instanceof Error && 'code' in error ? error.code : error
        assert.ok(code === 'UNAVAILABLE' || code === 'TIMEOUT', `${name} while the store is away: ${String(code)}`)
      }
      await reconnect()
      assert.deepEqual(await driver.snapshots.load([key]), [snapshot], 'it is back without anybody connecting again')
      assert.deepEqual(await tickets.load(red, ['one']), [ticket])
    },
  },
}

type Call = (driver: StorageContext['driver']) => Promise<unknown>

/** Every call but `connect`, `close` and `watch`. */
const calls: Readonly<Record<string, Call>> = {
  ping: (driver) => driver.ping(),
  'snapshots.load': (driver) => driver.snapshots.load([keyOf('orders')]),
  'snapshots.heads': (driver) => driver.snapshots.heads('system', { limit: 1 }),
  'snapshots.replace': (driver) => driver.snapshots.replace([snapshotWrite({ key: keyOf('orders') })]),
  'snapshots.raiseFence': (driver) => driver.snapshots.raiseFence([keyOf('orders')], 1),
  'snapshots.history': (driver) => driver.snapshots.history(keyOf('orders'), { limit: 1 }),
  'snapshots.revisions': (driver) => driver.snapshots.revisions(keyOf('orders'), [{ epoch: 'e', revision: 1 }]),
  'snapshots.remove': (driver) => driver.snapshots.remove([keyOf('orders')]),
  'snapshots.prune': (driver) => driver.snapshots.prune({ before: 1, limit: 1 }),
  'samples.append': (driver) => driver.samples.append([{ series, at: 1, values: {} }]),
  'samples.points': (driver) => driver.samples.points({ series: [series], from: 0, to: 1 }, { limit: 1 }),
  'samples.buckets': (driver) => driver.samples.buckets({ series: [series], from: 0, to: 1, resolutionMs: 1 }),
  'samples.putBuckets': (driver) => driver.samples.putBuckets([{ series, resolutionMs: 1, start: 0, stats: Uint8Array.of(1) }]),
  'samples.prune': (driver) => driver.samples.prune({ resolutionMs: 0, before: 1, limit: 1 }),
  'logs.append': (driver) => driver.logs.append(red, [{ id: 'l', at: 1, service: 's', severity: 1, terms: [], body: '{}' }]),
  'logs.search': (driver) => driver.logs.search(red, { from: 0, to: 1, budgetMs: 1, limit: 1 }),
  'logs.prune': (driver) => driver.logs.prune({ before: 1, limit: 1 }),
  'collection.load': (driver) => driver.collection(ticketDefinition).load(red, ['one']),
  'collection.list': (driver) =>
    driver.collection(ticketDefinition).list(red, { limit: 1, index: 'byTitle', equals: {}, order: 'asc' }),
  'collection.heads': (driver) => driver.collection(ticketDefinition).heads(red, { limit: 1 }),
  'collection.prune': (driver) => driver.collection(ticketDefinition).prune({ before: 1, limit: 1 }),
  commit: (driver) => driver.commit([commitOf(ticketWrite({ id: 'one' }))]),
  recover: (driver) => driver.recover(),
}
