import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import type {
  Commit,
  Outcome,
  Snapshot,
  SnapshotKey,
  SnapshotWrite,
  StorageDriver,
  Stored,
  Version,
  Write,
} from '@sightline/core/ports'
import { noteDefinition, type Ticket, ticketDefinition } from './plan.ts'

/** When the suite's writes happen, unless the test says otherwise. */
export const writtenAt = 1_700_000_000_000

export const keyOf = (api: string, region = 'eu-west', team = 'red'): SnapshotKey => ({ team, api, region })

/** A snapshot write with whatever the test leaves open filled in; every one has a `writeId` of its own. */
export const snapshotWrite = (write: Partial<SnapshotWrite> & { readonly key: SnapshotKey }): SnapshotWrite => {
  const body = write.body ?? '{"open":1}'
  return {
    expected: null,
    writeId: randomUUID(),
    at: writtenAt,
    body,
    hash: createHash('sha1').update(body).digest('hex'),
    fence: 0,
    detector: 'rules-1',
    ...write,
  }
}

export const replaceOne = async (driver: StorageDriver, write: SnapshotWrite): Promise<Outcome<Snapshot>> => {
  const [outcome, ...others] = await driver.snapshots.replace([write])
  assert.ok(outcome !== undefined && others.length === 0, 'one write gets one answer')
  return outcome
}

/** Writes revisions 1 … `count` of a target, each over the last, and returns their answers. */
export const writeRevisions = async (
  driver: StorageDriver,
  {
    key,
    count,
    from = null,
    at = writtenAt,
  }: { readonly key: SnapshotKey; readonly count: number; readonly from?: Version | null; readonly at?: number },
): Promise<readonly Snapshot[]> => {
  const snapshots: Snapshot[] = []
  let expected = from
  for (let index = 0; index < count; index++) {
    const snapshot = won(await replaceOne(driver, snapshotWrite({ key, expected, at: at + index, body: `{"n":${index}}` })))
    snapshots.push(snapshot)
    expected = snapshot.version
  }
  return snapshots
}

/** A write of a ticket with whatever the test leaves open filled in. */
export const ticketWrite = (write: Partial<Write> & { readonly id: string; readonly value?: Ticket }): Write => ({
  store: ticketDefinition.name,
  team: 'red',
  expected: null,
  writeId: randomUUID(),
  at: writtenAt,
  value: { title: 'printer on fire' },
  ...write,
})

/** An insert of a note, as it follows a write. */
export const noteWrite = (write: Partial<Write> & { readonly id: string }): Write & { readonly expected: null } => ({
  store: noteDefinition.name,
  team: 'red',
  writeId: randomUUID(),
  at: writtenAt,
  value: { text: 'noted' },
  ...write,
  expected: null,
})

/** A write and what follows it. */
export const commitOf = (write: Write, ...then: Commit['then']): Commit => ({ write, then })

export const commitOne = async (
  driver: StorageDriver,
  write: Write,
  ...then: Commit['then']
): Promise<Outcome<Stored<unknown>>> => {
  const [outcome, ...others] = await driver.commit([commitOf(write, ...then)])
  assert.ok(outcome !== undefined && others.length === 0, 'one commit gets one answer')
  return outcome
}

/** The record of a write that won; any other answer fails. */
export const won = <R>(outcome: Outcome<R> | undefined): R => {
  assert.ok(outcome?.ok === true, `expected the write to win, got ${JSON.stringify(outcome)}`)
  return outcome.record
}

/** What stands where the write lost, for that reason; a write that won, or lost for another one, fails. */
export const lost = <R>(outcome: Outcome<R> | undefined, reason: 'conflict' | 'duplicate' | 'fenced'): R | null => {
  assert.ok(outcome?.ok === false && outcome.reason === reason, `expected ${reason}, got ${JSON.stringify(outcome)}`)
  return outcome.current
}
