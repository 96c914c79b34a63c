import assert from 'node:assert/strict'
import { SightlineError } from '@sightline/core'
import type { Page, PageRequest, Scope } from '@sightline/core/ports'
import { rejectsWith } from '../rejection.ts'
import type { Group } from '../runner.ts'
import type { StorageContext } from './context.ts'
import { readAll } from './listing.ts'
import { commitOne, keyOf, lost, noteWrite, replaceOne, snapshotWrite, ticketWrite, won, writtenAt } from './writes.ts'

/** Teams whose names are prefixes of each other, or hold what a driver might join names with. */
const teams = ['red', 'red2', 'Red', 'red ', 'r', 're/d', 're', '', 'system', "red'--", 'red%', '*', '__proto__']

const logLine = (id: string, at = writtenAt) => ({ id, at, service: 'api', severity: 9, terms: ['term'], body: '{}' })
const logQuery = { from: 0, to: writtenAt * 2, budgetMs: 10_000 }

/** Every read that takes a scope, answering with the team of each item. */
const reads: Readonly<Record<string, (context: StorageContext, scope: Scope, page: PageRequest) => Promise<Page<string>>>> = {
  'snapshots.heads': async ({ driver }, scope, page) => teamsOf(await driver.snapshots.heads(scope, page)),
  'collection.heads': async ({ tickets }, scope, page) => teamsOf(await tickets.heads(scope, page)),
  'collection.list': async ({ tickets }, scope, page) =>
    teamsOf(await tickets.list(scope, { ...page, index: 'byTitle', equals: {}, order: 'asc' })),
  'collection.list of equals': async ({ tickets }, scope, page) =>
    teamsOf(await tickets.list(scope, { ...page, index: 'byTitle', equals: { title: 'same' }, order: 'desc' })),
  'logs.search': async ({ driver }, scope, page) => {
    const { items, next } = await driver.logs.search(scope, { ...logQuery, ...page })
    return { items: items.map(({ body }) => JSON.parse(body)), next }
  },
}

const teamsOf = ({ items, next }: Page<{ readonly team: string }>): Page<string> => ({
  items: items.map(({ team }) => team),
  next,
})

/** One of everything for every team, under the same names. */
const fill = async ({ driver }: StorageContext): Promise<void> => {
  for (const team of teams) {
    won(await replaceOne(driver, snapshotWrite({ key: keyOf('orders', 'eu-west', team) })))
    won(await commitOne(driver, ticketWrite({ id: 'one', team, value: { title: 'same', code: 'A', state: team } })))
    await driver.logs.append({ team }, [{ ...logLine('one'), body: JSON.stringify(team) }])
  }
}

/** A team sees its own records and no others, on every path. */
export const scope: Group<StorageContext> = {
  name: 'scope',
  tests: {
    ...Object.fromEntries(
      Object.entries(reads).flatMap(([name, read]) => [
        [
          `${name}: a team sees its own, the system all`,
          async (context: StorageContext) => {
            await fill(context)
            for (const team of teams) {
              assert.deepEqual(await readAll((page) => read(context, { team }, page), { limit: 2 }), [team], JSON.stringify(team))
            }
            assert.deepEqual(await readAll((page) => read(context, { team: 'nobody' }, page)), [])
            const all = await readAll((page) => read(context, 'system', page), { limit: 2 })
            assert.deepEqual(all.toSorted(), teams.toSorted())
          },
        ],
        [
          `${name}: a cursor opens no other team's records`,
          async (context: StorageContext) => {
            await fill(context)
            const { next } = await read(context, 'system', { limit: 1 })
            assert.ok(next !== null, 'there is a second page')
            for (const team of teams) {
              const items = await read(context, { team }, { limit: 100, cursor: next }).then(
                (page) => page.items,
                (error: unknown) => {
                  assert.equal(SightlineError.from(error).code, 'INVALID_INPUT')
                  return []
                },
              )
              assert.ok(
                items.every((item) => item === team),
                `${JSON.stringify(team)} saw ${JSON.stringify(items)}`,
              )
            }
          },
        ],
      ]),
    ),

    'snapshots of one team are not those of another': async (context) => {
      const { driver } = context
      await fill(context)
      const red = keyOf('orders')
      const blue = keyOf('orders', 'eu-west', 'blue')
      assert.deepEqual(await driver.snapshots.load([blue]), [null])
      assert.deepEqual(await readAll((page) => driver.snapshots.history(blue, page)), [])
      await driver.snapshots.remove([blue])
      await driver.snapshots.raiseFence([blue], 9)
      const [stored] = await driver.snapshots.load([red])
      assert.equal(stored?.key.team, 'red')
      won(await replaceOne(driver, snapshotWrite({ key: red, expected: stored.version })))
      assert.equal((await readAll((page) => driver.snapshots.history(red, page))).length, 2)
    },

    "a record of another team loads as null, and is no team's to overwrite": async ({ driver, tickets }) => {
      const mine = won(await commitOne(driver, ticketWrite({ id: 'one', value: { title: 'mine' } })))
      assert.deepEqual(await tickets.load({ team: 'blue' }, ['one']), [null])
      const theft = ticketWrite({ id: 'one', team: 'blue', expected: mine.version, value: { title: 'stolen' } })
      assert.equal(lost(await commitOne(driver, theft), 'conflict'), null, 'nor does the answer show it')
      const deletion = ticketWrite({ id: 'one', team: 'blue', expected: mine.version, deleted: true })
      assert.equal(lost(await commitOne(driver, deletion), 'conflict'), null)
      const theirs = won(await commitOne(driver, ticketWrite({ id: 'one', team: 'blue', value: { title: 'theirs' } })))
      assert.equal(theirs.version.revision, 1)
      assert.deepEqual(await tickets.load({ team: 'red' }, ['one']), [mine])
      assert.deepEqual(await tickets.load({ team: 'blue' }, ['one']), [theirs])
    },

    'where several teams have an id, the system gets that of the first team by bytes': async ({ driver, tickets }) => {
      for (const team of ['b', 'a', 'é', 'B']) won(await commitOne(driver, ticketWrite({ id: 'one', team })))
      won(await commitOne(driver, ticketWrite({ id: 'two', team: 'z' })))
      const loaded = await tickets.load('system', ['one', 'two', 'one'])
      assert.deepEqual(
        loaded.map((stored) => stored?.team),
        ['B', 'z', 'B'],
      )
    },

    'what a duplicate shows is of the same team': async ({ driver }) => {
      for (const team of teams)
        won(await commitOne(driver, ticketWrite({ id: `of-${teams.indexOf(team)}`, team, value: { code: 'A' } })))
      for (const team of teams) {
        const holder = lost(await commitOne(driver, ticketWrite({ id: 'other', team, value: { code: 'A' } })), 'duplicate')
        assert.equal(holder?.team, team)
      }
    },

    'what follows a write goes to the team it names': async ({ driver, notes }) => {
      won(await commitOne(driver, ticketWrite({ id: 'one' }), noteWrite({ id: 'a', team: 'blue' })))
      assert.deepEqual(await notes.load({ team: 'red' }, ['a']), [null])
      assert.equal((await notes.load({ team: 'blue' }, ['a']))[0]?.team, 'blue')
    },

    'samples of one team are not those of another': async ({ driver }) => {
      const series = teams.map((team) => ({ team, service: 'api', region: 'eu' }))
      await driver.samples.append(series.map((one, index) => ({ series: one, at: writtenAt, values: { index } })))
      await driver.samples.putBuckets(
        series.map((one, index) => ({ series: one, resolutionMs: 60_000, start: writtenAt, stats: Uint8Array.of(index) })),
      )
      for (const [index, one] of series.entries()) {
        const span = { series: [one], from: writtenAt, to: writtenAt + 1 }
        assert.deepEqual((await driver.samples.points(span, { limit: 100 })).items, [
          { series: one, at: writtenAt, values: { index } },
        ])
        const buckets = await driver.samples.buckets({ ...span, resolutionMs: 60_000 })
        assert.deepEqual(
          buckets.map(({ series: { team }, stats }) => [team, ...stats]),
          [[one.team, index]],
        )
      }
    },

    'log lines of two teams may have one id': async ({ driver }) => {
      await driver.logs.append({ team: 'red' }, [{ ...logLine('one'), body: '"red"' }])
      await driver.logs.append({ team: 'blue' }, [{ ...logLine('one'), body: '"blue"' }])
      for (const team of ['red', 'blue']) {
        const lines = await readAll((page) => driver.logs.search({ team }, { ...logQuery, ...page, terms: ['term'] }))
        assert.deepEqual(
          lines.map(({ body }) => body),
          [JSON.stringify(team)],
        )
      }
    },

    "a log line for 'system' is refused": async ({ driver }) => {
      await rejectsWith('INVALID_INPUT', () => driver.logs.append('system', [logLine('one')]))
      await rejectsWith('INVALID_INPUT', () => driver.logs.append('system', []))
      assert.deepEqual(await readAll((page) => driver.logs.search('system', { ...logQuery, ...page })), [])
    },
  },
}
