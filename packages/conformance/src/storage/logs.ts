import assert from 'node:assert/strict'
import type { LogEntry } from '@sightline/core/ports'
import { rejectsWith } from '../rejection.ts'
import type { Group } from '../runner.ts'
import type { StorageContext } from './context.ts'
import { readAll } from './listing.ts'
import { writtenAt } from './writes.ts'

const red = { team: 'red' }
const line = (id: string, entry: Partial<LogEntry> = {}): LogEntry => ({
  id,
  at: writtenAt,
  service: 'api',
  severity: 9,
  terms: [],
  body: '{"message":"ok"}',
  ...entry,
})
const query = { from: writtenAt - 1_000, to: writtenAt + 1_000, budgetMs: 10_000 }

const search = async ({ driver }: StorageContext, condition: object = {}, limit = 3): Promise<readonly string[]> =>
  (await readAll((page) => driver.logs.search(red, { ...query, ...page, ...condition }), { limit })).map(({ id }) => id)

/** Log lines. */
export const logs: Group<StorageContext> = {
  name: 'logs',
  tests: {
    'lines come back newest first, every field of them': async (context) => {
      const lines = [
        line('b', { at: writtenAt + 1, severity: 17, terms: ['disk', 'full'], body: '{"message":"disk full","n":[1]}' }),
        line('a', { at: writtenAt + 2, service: 'web' }),
        line('c', { at: writtenAt, severity: 1 }),
      ]
      await context.driver.logs.append(red, lines)
      const found = await readAll((page) => context.driver.logs.search(red, { ...query, ...page }))
      assert.deepEqual(found, [lines[1], lines[0], lines[2]])
      await context.driver.logs.append(red, [])
    },

    'an id that is there already is left alone': async (context) => {
      const { driver } = context
      await driver.logs.append(red, [line('a', { body: '"first"' })])
      await driver.logs.append(red, [
        line('a', { body: '"second"', at: writtenAt + 5 }),
        line('b'),
        line('b', { body: '"twice"' }),
      ])
      const found = await readAll((page) => driver.logs.search(red, { ...query, ...page }))
      assert.deepEqual(
        new Map(found.map(({ id, body }) => [id, body])),
        new Map([
          ['a', '"first"'],
          ['b', '{"message":"ok"}'],
        ]),
      )
      assert.equal(found.length, 2)
    },

    'the span is inclusive at from and exclusive at to': async (context) => {
      await context.driver.logs.append(red, [
        line('early', { at: 99 }),
        line('from', { at: 100 }),
        line('in', { at: 150 }),
        line('to', { at: 200 }),
      ])
      assert.deepEqual(await search(context, { from: 100, to: 200 }), ['in', 'from'])
      assert.deepEqual(await search(context, { from: 100, to: 100 }), [])
    },

    'by service': async (context) => {
      await context.driver.logs.append(red, [
        line('a', { at: writtenAt + 2 }),
        line('b', { service: 'web' }),
        line('c', { service: 'apiary' }),
      ])
      assert.deepEqual(await search(context, { service: 'api' }), ['a'])
      assert.deepEqual(await search(context, { service: 'none' }), [])
    },

    'by least severity': async (context) => {
      await context.driver.logs.append(
        red,
        [1, 9, 10, 17, 24].map((severity) => line(`s${severity}`, { severity, at: writtenAt + severity })),
      )
      assert.deepEqual(await search(context, { minSeverity: 10 }), ['s24', 's17', 's10'])
      assert.deepEqual(await search(context, { minSeverity: 1 }), ['s24', 's17', 's10', 's9', 's1'])
    },

    'by terms, all of them, each whole and literally': async (context) => {
      await context.driver.logs.append(red, [
        line('a', { at: writtenAt + 4, terms: ['disk', 'full'] }),
        line('b', { at: writtenAt + 3, terms: ['disk'] }),
        line('c', { at: writtenAt + 2, terms: ['diskette', 'fully'] }),
        line('d', { at: writtenAt + 1, terms: ['di%', 'd_sk', 'dis*', '"disk"', 'or'] }),
        line('e', { at: writtenAt, terms: [] }),
      ])
      assert.deepEqual(await search(context, { terms: ['disk'] }), ['a', 'b'])
      assert.deepEqual(await search(context, { terms: ['full', 'disk'] }), ['a'])
      assert.deepEqual(await search(context, { terms: ['disk', 'disk'] }), ['a', 'b'])
      for (const term of ['di%', 'd_sk', 'dis*', '"disk"', 'or'])
        assert.deepEqual(await search(context, { terms: [term] }), ['d'], term)
      assert.deepEqual(await search(context, { terms: ['dis'] }), [])
      assert.deepEqual(await search(context, { terms: [] }), ['a', 'b', 'c', 'd', 'e'])
    },

    'every given condition must hold': async (context) => {
      await context.driver.logs.append(red, [
        line('all', { service: 'web', severity: 17, terms: ['disk'] }),
        line('no service', { severity: 17, terms: ['disk'] }),
        line('no severity', { service: 'web', severity: 16, terms: ['disk'] }),
        line('no term', { service: 'web', severity: 17 }),
        line('no time', { service: 'web', severity: 17, terms: ['disk'], at: 1 }),
      ])
      assert.deepEqual(await search(context, { service: 'web', minSeverity: 17, terms: ['disk'] }, 1), ['all'])
    },

    'a search that runs out of time stops with what it has and goes on from there': async (context) => {
      const { driver } = context
      const lines = Array.from({ length: 3_000 }, (_, index) =>
        line(`l${index}`, { at: writtenAt - 1_000 + Math.floor(index / 2), terms: index % 500 === 0 ? ['rare'] : ['common'] }),
      )
      await driver.logs.append(red, lines)
      const rare = { ...query, to: writtenAt + 3_000, terms: ['rare'] }
      const whole = await readAll((page) => driver.logs.search(red, { ...rare, ...page }))
      assert.equal(whole.length, 6)
      const first = await driver.logs.search(red, { ...rare, limit: 100, budgetMs: 0 })
      assert.deepEqual(first.items, whole.slice(0, first.items.length), 'what it has is the newest')
      if (first.next === null) assert.equal(first.items.length, whole.length, 'a search without a next has found everything')
      const items = [...first.items]
      for (let next = first.next; next !== null; ) {
        const page = await driver.logs.search(red, { ...rare, limit: 100, cursor: next })
        items.push(...page.items)
        next = page.next
      }
      assert.deepEqual(items, whole)
    },

    'every team that has lines is listed once': async ({ driver }) => {
      const teams = ['red', 'blue', 'é', '\uffff', 'a.b']
      for (const [index, team] of [...teams, ...teams].entries()) await driver.logs.append({ team }, [line(`${index}`)])
      const found = await readAll((page) => driver.logs.teams(page), { limit: 2 })
      assert.equal(found.length, teams.length)
      assert.deepEqual(new Set(found), new Set(teams))
      await rejectsWith('INVALID_INPUT', () => driver.logs.teams({ limit: 0 }))
      await rejectsWith('INVALID_INPUT', () => driver.logs.teams({ limit: 1, cursor: 'made up' }))
    },
  },
}
