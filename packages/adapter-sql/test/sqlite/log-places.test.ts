import { DatabaseSync } from 'node:sqlite'
import type { LogEntry } from '@sightline/core/ports'
import { expect, onTestFinished, test } from 'vitest'
import { openStore } from '../temporary-store.ts'

const at = Date.UTC(2026, 2, 1)
const entries = (count: number, time: number, name: string): LogEntry[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `${name}-${index}`,
    at: time,
    service: 'api',
    severity: 9,
    terms: ['all', name],
    body: '""',
  }))

test('more lines of one ms than have places there are all kept and found, those of the next ms among them', async () => {
  const database = new DatabaseSync(':memory:')
  onTestFinished(() => database.close())
  const driver = await openStore({ database })
  const query = { from: at, to: at + 2, limit: 20_000, budgetMs: 60_000 }
  await driver.logs.append({ team: 'red' }, [...entries(6_000, at, 'first'), ...entries(100, at + 1, 'second')])
  await driver.logs.append({ team: 'red' }, [...entries(3_000, at, 'third'), ...entries(3_000, at + 1, 'fourth')])
  const count = async (terms: readonly string[]): Promise<number> =>
    new Set((await driver.logs.search({ team: 'red' }, { ...query, terms })).items.map(({ id }) => id)).size
  expect(await count([])).toBe(12_100)
  expect(await count(['all'])).toBe(12_100)
  expect([await count(['first']), await count(['second']), await count(['third']), await count(['fourth'])]).toEqual([
    6_000, 100, 3_000, 3_000,
  ])
  expect((await driver.logs.search({ team: 'red' }, { ...query, to: at + 1 })).items).toHaveLength(9_000)

  while ((await driver.logs.prune({ before: at + 1, limit: 2_000 })) === 2_000);
  expect(await count([])).toBe(3_100)
  expect(database.prepare('select count(*) as lines from sightline_log_index').get()).toEqual({ lines: 3_100 })
})

test('what fits but for its terms is passed over across all teams, page after page', async () => {
  const driver = await openStore({ file: ':memory:' })
  for (const team of ['red', 'blue']) {
    const lines = entries(300, at, team).map((entry, index) => ({
      ...entry,
      at: at + index,
      terms: index % 7 === 0 ? ['all', 'wanted'] : ['all'],
    }))
    await driver.logs.append({ team }, lines)
  }
  const found: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await driver.logs.search('system', {
      from: at,
      to: at + 300,
      terms: ['wanted'],
      limit: 10,
      budgetMs: 60_000,
      ...(cursor === '' ? {} : { cursor }),
    })
    found.push(...page.items.map(({ id }) => id))
    cursor = page.next
  }
  expect(found).toHaveLength(2 * 43)
  expect(new Set(found).size).toBe(2 * 43)
})
