import { join } from 'node:path'
import type { Snapshot, StorageDriver, Version } from '@sightline/core/ports'
import { expect, onTestFinished, test } from 'vitest'
import { codeOf, keyOf, openStore, replaceOne, temporaryDirectory } from '../temporary-store.ts'
import { type Child, spawnChild } from './processes/child.ts'

const lanes = 8
const kills = 8

const historyOf = async (driver: StorageDriver, region: string): Promise<readonly Snapshot[]> => {
  const key = { team: 'red', api: 'fast', region }
  const entries: Snapshot[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await driver.snapshots.history(key, cursor === '' ? { limit: 1_000 } : { limit: 1_000, cursor })
    entries.push(...page.items)
    cursor = page.next
  }
  return entries
}

/** Everything acknowledged is there, latest is the newest entry, and no entry is missing or there twice. */
const checkLane = async (driver: StorageDriver, lane: number, acknowledged: Version | undefined): Promise<number> => {
  const entries = await historyOf(driver, `lane-${lane}`)
  const [latest] = await driver.snapshots.load([{ team: 'red', api: 'fast', region: `lane-${lane}` }])
  expect(entries[0] ?? null).toEqual(latest)
  expect(entries.map(({ version }) => version.revision)).toEqual(Array.from(entries, (_, index) => entries.length - index))
  for (const { body, version } of entries) expect(JSON.parse(body).revision).toBe(version.revision)
  if (acknowledged !== undefined) {
    expect(latest?.version.epoch).toBe(acknowledged.epoch)
    expect(entries.length).toBeGreaterThanOrEqual(acknowledged.revision)
    const series = [{ team: 'red', service: 'fast', region: 'eu' }]
    const at = acknowledged.revision * 1_000 + lane
    expect((await driver.samples.points({ series, from: at, to: at + 1 }, { limit: 1 })).items).toHaveLength(1)
  }
  return entries.length
}

test(`killed ${kills} times while it writes as fast as it can: nothing acknowledged is lost, latest is the newest entry`, async () => {
  const file = join(await temporaryDirectory(), 'store.db')
  const acknowledged = new Map<number, Version>()
  let answers = 0
  for (let kill = 0; kill < kills; kill++) {
    const writer = spawnChild('write-fast', [file, String(lanes)], (line) => {
      const [lane, epoch = '', revision] = line.split(' ')
      acknowledged.set(Number(lane), { epoch, revision: Number(revision) })
      answers++
    })
    await writer.line('')
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 120))
    await writer.kill()
    const survivor = await openStore({ file })
    for (let lane = 0; lane < lanes; lane++) await checkLane(survivor, lane, acknowledged.get(lane))
    await survivor.close()
  }
  expect(acknowledged.size).toBe(lanes)
  expect(answers).toBeGreaterThan(kills * lanes)
}, 120_000)

test('four processes connect at once to a file that is not there yet', async () => {
  const file = join(await temporaryDirectory(), 'data', 'store.db')
  const children = ['a', 'b', 'c', 'd'].map((name) => spawnChild('connect-once', [file, name]))
  await Promise.all(children.map((child) => child.line('ready')))
  for (const child of children) child.send('go')
  const written = await Promise.all(children.map((child) => child.line('wrote')))
  expect(written).toEqual(['wrote true', 'wrote true', 'wrote true', 'wrote true'])
  await Promise.all(children.map((child) => child.ended()))
  const driver = await openStore({ file })
  expect((await driver.snapshots.heads('system', { limit: 10 })).items).toHaveLength(4)
}, 120_000)

test('two processes race for one document: every revision has one winner, no count is lost', async () => {
  const file = join(await temporaryDirectory(), 'store.db')
  const times = 150
  const children = ['a', 'b'].map((name) => spawnChild('count-up', [file, name, String(times)]))
  await Promise.all(children.map((child) => child.line('ready')))
  for (const child of children) child.send('go')
  await Promise.all(children.map((child) => child.ended()))
  const driver = await openStore({ file })
  const key = { team: 'red', api: 'counter', region: 'eu' }
  const { items } = await driver.snapshots.history(key, { limit: 1_000 })
  expect(items.map(({ version }) => version.revision)).toEqual(Array.from(items, (_, index) => 2 * times - index))
  expect(items.map(({ body }) => JSON.parse(body).count)).toEqual(Array.from(items, (_, index) => 2 * times - index))
  const winners = items.map(({ body }) => JSON.parse(body).by)
  expect([winners.filter((by) => by === 'a').length, winners.filter((by) => by === 'b').length]).toEqual([times, times])
}, 120_000)

test("another process's lock: writes wait off the event loop, then are UNAVAILABLE; reads go on; its death frees it", async () => {
  const file = join(await temporaryDirectory(), 'store.db')
  const driver = await openStore({ file, busyTimeoutMs: 300 })
  const snapshot = await replaceOne(driver, { key: keyOf('orders') })
  const holder: Child = spawnChild('hold-lock', [file])
  onTestFinished(() => holder.kill())
  await holder.line('locked')
  let turns = 0
  const ticking = setInterval(() => turns++, 5)
  onTestFinished(() => clearInterval(ticking))
  expect(await codeOf(replaceOne(driver, { key: keyOf('stock') }))).toBe('UNAVAILABLE')
  expect(turns, 'turns of the event loop while it waited').toBeGreaterThan(10)
  expect(await driver.snapshots.load([keyOf('orders'), keyOf('stock')])).toEqual([snapshot, null])

  const patient = await openStore({ file, busyTimeoutMs: 20_000 })
  const writing = replaceOne(patient, { key: keyOf('stock') })
  await holder.kill()
  expect((await writing).version.revision).toBe(1)
}, 120_000)

test('a process that starts while another writes is not kept waiting', async () => {
  const file = join(await temporaryDirectory(), 'store.db')
  await replaceOne(await openStore({ file }), { key: keyOf('orders') })
  const holder = spawnChild('hold-lock', [file])
  onTestFinished(() => holder.kill())
  await holder.line('locked')
  const driver = await openStore({ file, busyTimeoutMs: 0 })
  expect(await driver.snapshots.load([keyOf('orders')])).toMatchObject([{ version: { revision: 1 } }])
}, 120_000)
