import assert from 'node:assert/strict'
import { type SnapshotKey, snapshotId } from '@sightline/core/ports'
import { rejectsWith } from '../rejection.ts'
import type { Group } from '../runner.ts'
import type { StorageContext } from './context.ts'
import { hostileBodies, hostileNames, malformedNames } from './hostile-text.ts'
import { readAll } from './listing.ts'
import { commitOf, commitOne, keyOf, replaceOne, snapshotWrite, ticketWrite, won, writtenAt } from './writes.ts'

type Test = (context: StorageContext) => Promise<void>

const red = { team: 'red' }

/** A body comes back as the very characters, from wherever it can be read. */
const bodyComesBack =
  (body: string): Test =>
  async ({ driver, connect }) => {
    const key = keyOf('orders')
    const snapshot = won(await replaceOne(driver, snapshotWrite({ key, body })))
    const other = await connect()
    const answers = [
      snapshot,
      (await driver.snapshots.load([key]))[0],
      (await other.snapshots.load([key]))[0],
      (await readAll((page) => other.snapshots.history(key, page)))[0],
      (await other.snapshots.revisions(key, [snapshot.version]))[0],
    ]
    // Compared as booleans: a difference in a megabyte of text is not worth printing.
    for (const answer of answers) assert.ok(answer?.body === body, `the body changed: ${answer?.body.slice(0, 200)}`)
  }

/** Every name as one part of a target's key. */
const namesStayApart =
  (keyFor: (name: string) => SnapshotKey): Test =>
  async ({ driver, connect }) => {
    const keys = hostileNames.map(keyFor)
    const outcomes = await driver.snapshots.replace(keys.map((key, index) => snapshotWrite({ key, body: String(index) })))
    for (const [index, outcome] of outcomes.entries())
      assert.equal(won(outcome).version.revision, 1, `${JSON.stringify(hostileNames[index])} is new`)
    const other = await connect()
    const loaded = await other.snapshots.load(keys)
    assert.deepEqual(
      loaded.map((snapshot) => [snapshot?.key, snapshot?.body]),
      keys.map((key, index) => [key, String(index)]),
    )
    const heads = await readAll((page) => other.snapshots.heads('system', page), { limit: 7 })
    const identities = keys.map((key) => JSON.stringify([key.team, snapshotId(key)]))
    assert.deepEqual(heads.map(({ team, id }) => JSON.stringify([team, id])).toSorted(), identities.toSorted())
  }

/** Text survives: JSON as its very characters, names as different as they are. */
export const fidelity: Group<StorageContext> = {
  name: 'fidelity',
  tests: {
    ...Object.fromEntries(Object.entries(hostileBodies).map(([what, body]) => [`a body survives: ${what}`, bodyComesBack(body)])),

    'names stay apart as api': namesStayApart((api) => ({ team: 'red', api, region: 'eu-west' })),
    'names stay apart as region': namesStayApart((region) => ({ team: 'red', api: 'orders', region })),
    'names stay apart as team': namesStayApart((team) => ({ team, api: 'orders', region: 'eu-west' })),

    'names stay apart as the id of a record': async ({ driver, tickets }) => {
      const ids = hostileNames
      const outcomes = await driver.commit(ids.map((id, index) => commitOf(ticketWrite({ id, value: { priority: index } }))))
      for (const outcome of outcomes) assert.equal(won(outcome).version.revision, 1)
      const loaded = await tickets.load(red, ids)
      assert.deepEqual(
        loaded.map((stored) => [stored?.id, stored?.value.priority]),
        ids.map((id, index) => [id, index]),
      )
      const heads = await readAll((page) => tickets.heads(red, page), { limit: 7 })
      assert.deepEqual(heads.map(({ id }) => id).toSorted(), ids.toSorted())
    },

    'names stay apart as the team of a record': async ({ driver, tickets }) => {
      await driver.commit(
        hostileNames.map((team, index) => commitOf(ticketWrite({ id: 'one', team, value: { priority: index } }))),
      )
      for (const [index, team] of hostileNames.entries()) {
        const [stored] = await tickets.load({ team }, ['one'])
        assert.deepEqual([stored?.team, stored?.value.priority], [team, index])
      }
    },

    'texts stay apart as unique values and in an index': async ({ driver, tickets }) => {
      const outcomes = await driver.commit(
        hostileNames.map((code, index) => commitOf(ticketWrite({ id: `t${index}`, value: { code, title: code } }))),
      )
      for (const outcome of outcomes) won(outcome)
      for (const [index, title] of hostileNames.entries()) {
        const found = await readAll((page) => tickets.list(red, { ...page, index: 'byTitle', equals: { title }, order: 'asc' }))
        assert.deepEqual(
          found.map(({ id, value }) => [id, value.title]),
          [[`t${index}`, title]],
          JSON.stringify(title),
        )
      }
    },

    'names stay apart as service, region and team of samples': async ({ driver }) => {
      const seriesOf = [
        (name: string) => ({ team: 'red', service: name, region: 'eu' }),
        (name: string) => ({ team: 'red', service: 'api', region: name }),
        (name: string) => ({ team: name, service: 'api', region: 'eu' }),
      ]
      for (const [round, toSeries] of seriesOf.entries()) {
        const at = writtenAt + round
        await driver.samples.append(hostileNames.map((name, index) => ({ series: toSeries(name), at, values: { index } })))
        for (const [index, name] of hostileNames.entries()) {
          const span = { series: [toSeries(name)], from: at, to: at + 1 }
          const { items } = await driver.samples.points(span, { limit: 10 })
          assert.deepEqual(items, [{ series: toSeries(name), at, values: { index } }], JSON.stringify(name))
        }
      }
    },

    'names of sample values survive': async ({ driver }) => {
      const series = { team: 'red', service: 'api', region: 'eu' }
      const values = Object.fromEntries(hostileNames.map((name, index) => [name, index + 0.5]))
      await driver.samples.append([{ series, at: writtenAt, values }])
      const { items } = await driver.samples.points({ series: [series], from: writtenAt, to: writtenAt + 1 }, { limit: 1 })
      assert.deepEqual(Object.entries(items[0]?.values ?? {}).toSorted(), Object.entries(values).toSorted())
    },

    'numbers of samples keep every digit': async ({ driver }) => {
      const series = { team: 'red', service: 'api', region: 'eu' }
      const numbers = [
        0.1,
        1 / 3,
        5e-324,
        Number.MAX_VALUE,
        -1e-9,
        Number.MAX_SAFE_INTEGER,
        -Number.MAX_SAFE_INTEGER,
        1e21,
        2 ** 53,
        0,
      ]
      const values = Object.fromEntries(numbers.map((number, index) => [`n${index}`, number]))
      await driver.samples.append([{ series, at: writtenAt, values }])
      const { items } = await driver.samples.points({ series: [series], from: writtenAt, to: writtenAt + 1 }, { limit: 1 })
      assert.deepEqual({ ...items[0]?.values }, values)
    },

    'a log line survives: its body, names and terms': async ({ driver }) => {
      const bodies = Object.values(hostileBodies)
      const entries = hostileNames.map((name, index) => ({
        id: name,
        at: writtenAt + index,
        service: name,
        severity: 9,
        terms: [name, 'every'],
        body: bodies[index % bodies.length] ?? 'null',
      }))
      await driver.logs.append(red, entries)
      const query = { from: writtenAt, to: writtenAt + entries.length, budgetMs: 10_000 }
      const all = await readAll((page) => driver.logs.search(red, { ...query, ...page, terms: ['every'] }), { limit: 20 })
      for (const [index, entry] of all.entries()) {
        const expected = entries[entries.length - 1 - index]
        assert.ok(entry.body === expected?.body, `the body of ${JSON.stringify(expected?.id)} changed`)
        assert.deepEqual({ ...entry, body: '' }, { ...expected, body: '' })
      }
      assert.equal(all.length, entries.length)
      for (const [index, name] of hostileNames.entries()) {
        for (const condition of [{ service: name }, { terms: [name, 'every'] }]) {
          const found = await readAll((page) => driver.logs.search(red, { ...query, ...page, ...condition }))
          assert.deepEqual(
            found.map(({ at }) => at),
            [writtenAt + index],
            JSON.stringify(condition),
          )
        }
      }
    },

    'a record keeps its value, whatever its keys and texts': async ({ driver, tickets }) => {
      const isJavaScript = (body: string): boolean => !body.includes('e400')
      const values = Object.values(hostileBodies)
        .filter(isJavaScript)
        .map((body) => ({ extra: JSON.parse(body) as unknown }))
      await driver.commit(values.map((value, index) => commitOf(ticketWrite({ id: `t${index}`, value }))))
      const loaded = await tickets.load(
        red,
        values.map((_, index) => `t${index}`),
      )
      for (const [index, stored] of loaded.entries()) {
        // JSON itself has no -0: it comes back as 0, whoever stores it.
        const expected = JSON.parse(JSON.stringify(values[index]))
        assert.ok(isDeepEqual(stored?.value, expected), `the value changed: ${JSON.stringify(expected).slice(0, 200)}`)
      }
    },

    'a name that is not well-formed Unicode is refused, and nothing written': async ({ driver, tickets }) => {
      for (const name of malformedNames) {
        await rejectsWith('INVALID_INPUT', () =>
          driver.snapshots.replace([snapshotWrite({ key: keyOf('good') }), snapshotWrite({ key: keyOf(name) })]),
        )
        await rejectsWith('INVALID_INPUT', () => driver.snapshots.replace([snapshotWrite({ key: keyOf('orders', name) })]))
        await rejectsWith('INVALID_INPUT', () => driver.snapshots.raiseFence([keyOf('orders', 'eu-west', name)], 1))
        await rejectsWith('INVALID_INPUT', () => commitOne(driver, ticketWrite({ id: name })))
        await rejectsWith('INVALID_INPUT', () => driver.logs.append({ team: name }, []))
        const series = { team: 'red', service: name, region: 'eu' }
        await rejectsWith('INVALID_INPUT', () => driver.samples.append([{ series, at: writtenAt, values: {} }]))
      }
      assert.deepEqual(await readAll((page) => driver.snapshots.heads('system', page)), [])
      assert.deepEqual(await readAll((page) => tickets.heads('system', page)), [])
    },
  },
}

const isDeepEqual = (a: unknown, b: unknown): boolean => {
  try {
    assert.deepEqual(a, b)
    return true
  } catch {
    return false
  }
}
