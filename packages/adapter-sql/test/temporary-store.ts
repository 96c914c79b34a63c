import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SqliteStorageOptions, sqliteStorage } from '@sightline/adapter-sql'
import type { Outcome, Snapshot, SnapshotKey, SnapshotWrite, StorageDriver, StoragePlan } from '@sightline/core/ports'
import { onTestFinished } from 'vitest'

export const plan: StoragePlan = { collections: [], format: { writes: 1, reads: 1 } }

/** A directory that is removed after the test. */
export const temporaryDirectory = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'sightline-sql-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** A connected driver that is closed after the test. */
export const openStore = async (
  options: SqliteStorageOptions,
  { collections = [], format = plan.format }: Partial<StoragePlan> = {},
): Promise<StorageDriver> => {
  const driver = sqliteStorage(options)
  onTestFinished(() => driver.close())
  await driver.connect({ collections, format })
  return driver
}

export const keyOf = (api: string, region = 'eu'): SnapshotKey => ({ team: 'red', api, region })

export const snapshotWrite = (changes: Partial<SnapshotWrite> & { readonly key: SnapshotKey }): SnapshotWrite => ({
  expected: null,
  writeId: crypto.randomUUID(),
  at: 1_700_000_000_000,
  body: '{"open":1}',
  hash: '0'.repeat(40),
  fence: 0,
  detector: 'rules-1',
  ...changes,
})

/** The record of a write that won; any other answer throws. */
export const won = <R>(outcome: Outcome<R> | undefined): R => {
  if (outcome?.ok !== true) throw new Error(`expected the write to win, got ${JSON.stringify(outcome)}`)
  return outcome.record
}

export const replaceOne = async (
  driver: StorageDriver,
  changes: Partial<SnapshotWrite> & { readonly key: SnapshotKey },
): Promise<Snapshot> => won((await driver.snapshots.replace([snapshotWrite(changes)]))[0])

/** The code of a rejection; an answer reads as `answered`. */
export const codeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'answered',
    (thrown: unknown) => (thrown instanceof Error && 'code' in thrown ? thrown.code : thrown),
  )
