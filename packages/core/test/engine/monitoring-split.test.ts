import { expect, test } from 'vitest'
import { createInstallation, type Installation, type Member } from './support/monitored.ts'

const INTERVAL_MS = 10_000
const refused = new Error('connect ECONNREFUSED')

interface Item {
  readonly id: string
  readonly status: string
  readonly ordinal: number
}

const incidents = async (member: Member): Promise<readonly Item[]> =>
  (await member.call<{ items: Item[] }>('incidents.list', { limit: 100 })).items
/** What was sent, by which process, under which key. */
const sent = ({ sent: all }: Installation, status: string) => all.filter(({ notification }) => notification.status === status)
const keysOf = (all: ReturnType<typeof sent>): ReadonlySet<string> => new Set(all.map(({ key }) => key))

/** Two processes that hear neither of storage nor of each other, and both lead. */
const split = async (before: (at: Installation, members: readonly Member[]) => Promise<void> = async () => {}) => {
  const at = createInstallation({
    services: { jobs: { intervalMs: INTERVAL_MS } },
    rules: { 'service-down': { keepFiringForMs: 0 } },
    routes: [{ channels: ['ops'], groupWaitMs: 0, groupIntervalMs: 0 }],
    reopenWithinMs: 0,
  })
  const right = await at.join({ hasBus: false })
  const left = await at.join({ hasBus: false })
  await at.clock.advance(30_000)
  await before(at, [left, right])
  // Who leads is cut off, and goes on; the other takes over what it left, and is cut off then.
  left.away = 'refuses'
  await at.clock.advance(40_000)
  right.away = 'hangs'
  await at.clock.advance(10_000)
  const [ofLeft, ofRight] = [left.asked, right.asked]
  await at.clock.advance(30_000)
  expect(left.asked).toBeGreaterThan(ofLeft)
  expect(right.asked).toBeGreaterThan(ofRight)
  return { at, left, right }
}

const heal = async (at: Installation, members: readonly Member[]) => {
  for (const member of members) member.away = 'none'
  await at.clock.advance(60_000)
}

for (const [how, order] of [
  ['first the one, then the other', [0, 1]],
  ['the other way round', [1, 0]],
] as const) {
  test(`both halves decide that a service is down; storage is back, ${how}: one incident, one key, one end`, async () => {
    const { at, left, right } = await split()
    at.probe('jobs').fails(refused)
    await at.clock.advance(30_000)
    const firing = sent(at, 'firing')
    expect(firing.map(({ by }) => by).sort()).toEqual([left.name, right.name].sort())
    expect(keysOf(firing).size).toBe(1)

    const halves = [left, right]
    for (const half of order) await heal(at, [halves[half] as Member])
    const [ofLeft, ofRight] = [await incidents(left), await incidents(right)]
    expect(ofLeft).toMatchObject([{ status: 'open', ordinal: 1 }])
    expect(ofRight).toEqual(ofLeft)
    expect(keysOf(sent(at, 'firing')).size).toBe(1)

    at.probe('jobs').returns({})
    await at.clock.advance(60_000)
    expect(await incidents(left)).toMatchObject([{ id: ofLeft[0]?.id, status: 'resolved' }])
    expect(keysOf(sent(at, 'resolved')).size).toBe(1)
    expect(keysOf(sent(at, 'firing')).size).toBe(1)
  })
}

test('both halves see it begin and end: one incident, one key for its beginning and one for its end', async () => {
  const { at, left, right } = await split()
  at.probe('jobs').fails(refused)
  await at.clock.advance(30_000)
  at.probe('jobs').returns({})
  await at.clock.advance(30_000)
  for (const status of ['firing', 'resolved']) {
    expect(
      sent(at, status)
        .map(({ by }) => by)
        .sort(),
      status,
    ).toEqual([left.name, right.name].sort())
    expect(keysOf(sent(at, status)).size, status).toBe(1)
  }
  await heal(at, [left, right])
  expect(await incidents(left)).toMatchObject([{ status: 'resolved', ordinal: 1 }])
  expect(await incidents(right)).toEqual(await incidents(left))
  expect(keysOf(at.sent).size).toBe(2)
})

test('what both halves decide after others of its kind is the next of them, on both', async () => {
  const { at, left, right } = await split(async (installation) => {
    installation.probe('jobs').fails(refused)
    await installation.clock.advance(30_000)
    installation.probe('jobs').returns({})
    await installation.clock.advance(60_000)
  })
  at.probe('jobs').fails(refused)
  await at.clock.advance(30_000)
  await heal(at, [left, right])
  const found = await incidents(left)
  expect(found.map(({ ordinal, status }) => [ordinal, status])).toEqual([
    [2, 'open'],
    [1, 'resolved'],
  ])
  expect(await incidents(right)).toEqual(found)
  // One for each of the two incidents.
  expect(keysOf(sent(at, 'firing')).size).toBe(2)
})
