import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sqliteStorage } from '@sightline/adapter-sql'
import type { StorageDriver } from '@sightline/core/ports'
import type { BenchRow } from './bench-row.ts'
import { appending, contest, costRow, documentText, rateRow, replacing, sampleTime, sampleValues } from './storage-pairs.ts'

const tables = `
  pragma journal_mode = wal; pragma synchronous = full;
  create table latest (name text primary key, revision int not null, at int not null, hash text not null, data text not null);
  create table history (name text, revision int, at int not null, hash text not null, data text not null, primary key (name, revision));
  create table samples (series int not null, at int not null, data text not null, primary key (series, at)) without rowid;
  create index history_at on history (at); create index samples_at on samples (at)`

const compareAndSet = async (driver: StorageDriver, bare: DatabaseSync, count: number): Promise<BenchRow> => {
  const put = bare.prepare(`insert into latest values (?, ?, ?, ?, ?) on conflict (name)
    do update set revision = excluded.revision, at = excluded.at, hash = excluded.hash, data = excluded.data`)
  const add = bare.prepare('insert into history values (?, ?, ?, ?, ?)')
  let revision = 0
  const baseline = async (): Promise<void> => {
    revision++
    bare.exec('begin immediate')
    for (let index = 0; index < count; index++) {
      const values = [`api-${count}-${index}`, revision, Date.now(), '0'.repeat(40), documentText]
      put.run(...values)
      add.run(...values)
    }
    bare.exec('commit')
  }
  return costRow({
    times: await contest({ work: replacing(driver, count), baseline, rounds: count === 1 ? 600 : 150 }),
    count,
    most: 1.5,
    work: 'SQLite: compare-and-set with history',
    size: `${count} × ${Math.round(documentText.length / 1_000)} KB`,
    note: 'against two bare writes in one transaction of node:sqlite',
  })
}

const sampleAppends = async (driver: StorageDriver, bare: DatabaseSync, count: number): Promise<BenchRow> => {
  const add = bare.prepare('insert into samples values (?, ?, ?) on conflict do nothing')
  const baseline = async (round: number): Promise<void> => {
    bare.exec('begin immediate')
    for (let index = 0; index < count; index++) {
      add.run(index % 50, sampleTime(round, count, index), JSON.stringify(sampleValues))
    }
    bare.exec('commit')
  }
  return rateRow({
    times: await contest({ work: appending(driver, count), baseline, rounds: 100 }),
    count,
    least: 0.8,
    work: 'SQLite: sample appends',
    size: `${count} points`,
    note: 'against bare inserts of as many rows in one transaction',
  })
}

/** Both in files of one directory, WAL and synchronous full. */
export const sqliteBenches = async (): Promise<BenchRow[]> => {
  const directory = await mkdtemp(join(tmpdir(), 'sightline-bench-'))
  const bare = new DatabaseSync(join(directory, 'bare.db'))
  const driver = sqliteStorage({ file: join(directory, 'sightline.db') })
  try {
    bare.exec(tables)
    await driver.connect({ collections: [], format: { writes: 1, reads: 1 } })
    return [
      await compareAndSet(driver, bare, 1),
      await compareAndSet(driver, bare, 64),
      await sampleAppends(driver, bare, 100),
      await sampleAppends(driver, bare, 1_000),
    ]
  } finally {
    await driver.close()
    bare.close()
    await rm(directory, { recursive: true, force: true })
  }
}
