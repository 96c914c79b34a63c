import { postgresStorage } from '@sightline/adapter-sql'
import type { StorageDriver } from '@sightline/core/ports'
import pg from 'pg'
import type { BenchRow } from './bench-row.ts'
import { startBenchPostgres } from './postgres-server.ts'
import {
  appending,
  contest,
  costRow,
  documentText,
  rateRow,
  replacing,
  sampleTime,
  sampleValues,
  tailRow,
} from './storage-pairs.ts'

const rows = (count: number, columns: number): string =>
  Array.from(
    { length: count },
    (_, row) => `(${Array.from({ length: columns }, (_, cell) => `$${row * columns + cell + 1}`).join(', ')})`,
  ).join(', ')

const tables = `
  create table bare_latest (name text primary key, revision int not null, at float8 not null, hash text not null, data text not null);
  create table bare_history (name text, revision int, at float8 not null, hash text not null, data text not null, primary key (name, revision));
  create table bare_samples (series bigint not null, at float8 not null, data text not null, primary key (series, at));
  create index on bare_history (at); create index on bare_samples (at)`

/** What anybody would write by hand: both tables in one transaction, each in one statement of all rows. */
const bareWrites = (client: pg.ClientBase, count: number, channel?: string): (() => Promise<void>) => {
  let revision = 0
  return async () => {
    revision++
    const values = Array.from({ length: count }, (_, index) => [
      `api-${count}-${index}`,
      revision,
      Date.now(),
      '0'.repeat(40),
      documentText,
    ]).flat()
    await client.query('begin')
    await client.query({
      name: `latest-${count}`,
      text: `insert into bare_latest (name, revision, at, hash, data) values ${rows(count, 5)}
        on conflict (name) do update set revision = excluded.revision, at = excluded.at, hash = excluded.hash, data = excluded.data`,
      values,
    })
    await client.query({
      name: `history-${count}`,
      text: `insert into bare_history (name, revision, at, hash, data) values ${rows(count, 5)}`,
      values,
    })
    if (channel !== undefined)
      await client.query({ name: 'notify', text: 'select pg_notify($1, $2)', values: [channel, `${revision}`] })
    await client.query('commit')
  }
}

const compareAndSet = async (driver: StorageDriver, client: pg.ClientBase, count: number): Promise<BenchRow> =>
  costRow({
    times: await contest({
      work: replacing(driver, count),
      baseline: bareWrites(client, count),
      rounds: count === 1 ? 600 : 150,
    }),
    count,
    most: 1.5,
    work: 'PostgreSQL: compare-and-set with history',
    size: `${count} × ${Math.round(documentText.length / 1_000)} KB`,
    note: 'against two bare pg writes in one transaction',
  })

const sampleAppends = async (driver: StorageDriver, client: pg.ClientBase, count: number): Promise<BenchRow> => {
  const baseline = async (round: number): Promise<void> => {
    const values = Array.from({ length: count }, (_, index) => [
      index % 50,
      sampleTime(round, count, index),
      JSON.stringify(sampleValues),
    ]).flat()
    const text = `insert into bare_samples (series, at, data) values ${rows(count, 3)} on conflict do nothing`
    await client.query({ name: `samples-${count}`, text, values })
  }
  return rateRow({
    times: await contest({ work: appending(driver, count), baseline, rounds: 100 }),
    count,
    least: 0.8,
    work: 'PostgreSQL: sample appends',
    size: `${count} points`,
    note: 'against one bare insert of as many rows',
  })
}

const changeFeed = async (driver: StorageDriver, client: pg.ClientBase, url: string): Promise<BenchRow> => {
  const heard = { work: (): void => {}, baseline: (): void => {} }
  const next = (name: keyof typeof heard): Promise<void> =>
    new Promise((resolve) => {
      heard[name] = resolve
    })
  let begin = (): void => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const abort = new AbortController()
  const watching = driver.watch?.({ stores: ['snapshots'], signal: abort.signal }, (item) => {
    if (item.kind === 'changed') heard.work()
    else if (item.kind === 'position') begin()
  })
  if (watching === undefined) throw new Error('There is no change feed.')
  await begun
  const listener = new pg.Client({ connectionString: url })
  await listener.connect()
  await listener.query('listen bare')
  listener.on('notification', () => heard.baseline())
  const replace = replacing(driver, 1, 'told')
  const write = bareWrites(client, 1, 'bare')
  const until = async (name: keyof typeof heard, call: () => Promise<void>): Promise<void> => {
    const heardIt = next(name)
    await Promise.all([heardIt, call()])
  }
  await client.query('truncate bare_history, bare_latest')
  const times = await contest({
    work: () => until('work', replace),
    baseline: () => until('baseline', write),
    rounds: 1_000,
  })
  abort.abort()
  await watching
  await listener.end()
  return tailRow({
    times,
    most: 1.3,
    work: 'PostgreSQL: write → sink of the change feed, p99',
    size: '1 write',
    note: 'against a bare write with pg_notify → LISTEN',
  })
}

/** On the server of POSTGRES_URL, else on one of its own, without fsync. */
export const postgresBenches = async (): Promise<BenchRow[]> => {
  const server = await startBenchPostgres()
  if (server === null) {
    console.error('postgres: skipped, POSTGRES_URL is not set and PostgreSQL is not installed')
    return []
  }
  const schema = `bench_${process.pid}`
  const url = new URL(server.url)
  url.searchParams.set('options', `-c search_path=${schema}`)
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  await client.query(`create schema ${schema}; ${tables}`)
  const driver = postgresStorage({ url: url.href })
  try {
    const { watch } = await driver.connect({ collections: [], format: { writes: 1, reads: 1 } })
    if (!watch) throw new Error('The server delivers no notifications.')
    return [
      await compareAndSet(driver, client, 1),
      await compareAndSet(driver, client, 64),
      await sampleAppends(driver, client, 100),
      await sampleAppends(driver, client, 1_000),
      await changeFeed(driver, client, url.href),
    ]
  } finally {
    await driver.close()
    await client.query(`drop schema ${schema} cascade`)
    await client.end()
    await server.stop()
  }
}
