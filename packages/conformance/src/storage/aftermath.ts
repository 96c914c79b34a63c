import assert from 'node:assert/strict'
import type { Head, StorageDriver } from '@sightline/core/ports'
import { readAll } from './listing.ts'
import { noteDefinition, ticketDefinition } from './plan.ts'
import { type Acknowledged, pointsPerCall, pointTime, writerRegions, writerSeries, writerTeam } from './writer.ts'
import { keyOf } from './writes.ts'

const team = { team: writerTeam }

/** Asserts what must hold after a writer died and `recover` ran: nothing acknowledged is lost, nothing is half there. */
export const checkAftermath = async (driver: StorageDriver, acknowledged: readonly Acknowledged[]): Promise<void> => {
  await checkSnapshots(driver, acknowledged)
  await checkCommits(driver, acknowledged)
  await checkSamples(driver, acknowledged)
  await checkLogs(driver, acknowledged)
}

const numbersOf = (acknowledged: readonly Acknowledged[], kind: Exclude<Acknowledged['kind'], 'snapshot'>): readonly number[] =>
  acknowledged.flatMap((line) => (line.kind === kind ? [line.number] : []))

const checkSnapshots = async (driver: StorageDriver, acknowledged: readonly Acknowledged[]): Promise<void> => {
  for (const region of writerRegions) {
    const key = keyOf('orders', region, writerTeam)
    const [latest] = await driver.snapshots.load([key])
    const entries = await readAll((page) => driver.snapshots.history(key, page), { limit: 500 })
    assert.deepEqual(entries[0] ?? null, latest ?? null, 'latest agrees with history')
    assert.deepEqual(
      entries.map(({ version }) => version.revision),
      Array.from(entries, (_, index) => entries.length - index),
      'exactly one history entry for every revision',
    )
    const versions = acknowledged.flatMap((line) => (line.kind === 'snapshot' && line.region === region ? [line.version] : []))
    const found = await driver.snapshots.revisions(key, versions)
    assert.ok(
      found.every((entry) => entry !== null),
      'an acknowledged change is lost',
    )
  }
}

const checkCommits = async (driver: StorageDriver, acknowledged: readonly Acknowledged[]): Promise<void> => {
  const tickets = new Map(
    (await readAll((page) => driver.collection(ticketDefinition).heads(team, page), { limit: 500 })).map(byId),
  )
  const notes = new Map((await readAll((page) => driver.collection(noteDefinition).heads(team, page), { limit: 500 })).map(byId))
  const missing = (what: Iterable<string>, from: ReadonlyMap<string, Head>): readonly string[] =>
    [...what].filter((id) => !from.has(id))

  assert.deepEqual(
    missing(
      numbersOf(acknowledged, 'commit').map((number) => `t${number}`),
      tickets,
    ),
    [],
    'an acknowledged commit is lost',
  )
  assert.deepEqual(
    missing(
      numbersOf(acknowledged, 'counter').map((number) => `counter-${number}`),
      notes,
    ),
    [],
  )
  for (const number of numbersOf(acknowledged, 'deletion'))
    assert.equal(tickets.get(`t${number}`)?.deleted, true, 'an acknowledged deletion is lost')

  const inserts = [...tickets.keys()].filter((id) => id !== 'counter').map((id) => id.slice(1))
  assert.deepEqual(
    missing(
      inserts.flatMap((number) => [`n${number}a`, `n${number}b`]),
      notes,
    ),
    [],
    'a write without what follows it',
  )
  const deletions = [...tickets.values()].filter(({ deleted }) => deleted === true).map(({ id }) => `deleted-${id.slice(1)}`)
  assert.deepEqual(missing(deletions, notes), [], 'a deletion without what follows it')
  const [counter] = await driver.collection(ticketDefinition).load(team, ['counter'])
  const counts = Array.from({ length: counter?.value.priority ?? 0 }, (_, index) => `counter-${index + 1}`)
  assert.deepEqual(missing(counts, notes), [], 'a replace without what follows it')

  const followers = [...notes.keys()].filter((id) => id.startsWith('n')).map((id) => `t${id.slice(1, -1)}`)
  assert.deepEqual(missing(followers, tickets), [], 'what follows a write, without the write')
  const orphans = [...notes.keys()]
    .filter((id) => id.startsWith('deleted-'))
    .filter((id) => tickets.get(`t${id.slice(8)}`)?.deleted !== true)
  assert.deepEqual(orphans, [], 'what follows a deletion, without the deletion')

  const listed = await readAll(
    (page) => driver.collection(ticketDefinition).list(team, { ...page, index: 'byPriority', equals: {}, order: 'asc' }),
    { limit: 500 },
  )
  const live = [...tickets.values()].filter(({ deleted }) => deleted !== true).map(({ id }) => id)
  assert.deepEqual(listed.map(({ id }) => id).toSorted(), live.toSorted(), 'index and records agree')
}

const checkSamples = async (driver: StorageDriver, acknowledged: readonly Acknowledged[]): Promise<void> => {
  const span = { series: [writerSeries], from: 0, to: Number.MAX_SAFE_INTEGER }
  const counts = new Map<number, number>()
  for (const { values } of await readAll((page) => driver.samples.points(span, page), { limit: 1_000 })) {
    const number = values.number ?? -1
    counts.set(number, (counts.get(number) ?? 0) + 1)
  }
  for (const [number, count] of counts)
    assert.equal(count, pointsPerCall, `call ${number} at ${pointTime(number, 0)} is half there`)
  for (const number of numbersOf(acknowledged, 'samples')) assert.ok(counts.has(number), 'acknowledged samples are lost')
}

const checkLogs = async (driver: StorageDriver, acknowledged: readonly Acknowledged[]): Promise<void> => {
  const query = { from: 0, to: Number.MAX_SAFE_INTEGER, budgetMs: 10_000 }
  const ids = new Set(
    (await readAll((page) => driver.logs.search(team, { ...query, ...page }), { limit: 500 })).map(({ id }) => id),
  )
  for (const number of numbersOf(acknowledged, 'log')) assert.ok(ids.has(`l${number}`), 'an acknowledged log line is lost')
}

const byId = (head: Head): readonly [string, Head] => [head.id, head]
