import { expect, test } from 'vitest'
import { checkedService, judgedFleet, rule, TEAM } from './support/judged-fleet.ts'

const MINUTE_MS = 60_000
const slow = rule({
  name: 'slow',
  severity: 'high',
  condition: { kind: 'above', value: 'latencyMs', enter: 500, exit: 450 },
})

test.each([
  ['with an exit threshold', slow],
  ['without one', rule({ ...slow, condition: { kind: 'above', value: 'latencyMs', enter: 500 } })],
])('±2 % around a threshold for an hour is one incident, %s', (_, judgedBy) => {
  const judged = judgedFleet([checkedService('shop')], [judgedBy])
  for (let check = 0; check < 360; check++) {
    judged.observe('shop', { values: { latencyMs: check % 2 === 0 ? 510 : 490 } })
    judged.pass(10_000)
  }
  for (let check = 0; check < 120; check++) {
    judged.observe('shop', { values: { latencyMs: 100 } })
    judged.pass(10_000)
  }
  const kinds = judged.decisions.map(({ kind }) => kind)
  expect(kinds.filter((kind) => kind === 'open')).toHaveLength(1)
  expect(kinds.filter((kind) => kind === 'resolve')).toHaveLength(1)
  expect(kinds.at(-1)).toBe('resolve')
})

test.each([1, 2, 3, 5])('60 flaps, each of %i checks down and as many up, are one incident and one resolve', (checks) => {
  const judged = judgedFleet([checkedService('shop')])
  for (let flap = 0; flap < 60; flap++) {
    for (const verdict of ['down', 'up'] as const) {
      for (let check = 0; check < checks; check++) {
        judged.observe('shop', { verdict })
        judged.pass(10_000)
      }
    }
  }
  for (let check = 0; check < 120; check++) {
    judged.observe('shop', {})
    judged.pass(10_000)
  }
  expect(judged.kinds).toBe('open flapping resolve')
  expect(judged.fleet.find(TEAM, 'shop')?.state.status).toBe('up')
})

test('what flaps and stays down is told as steady, once, and its end once', () => {
  const judged = judgedFleet([checkedService('shop')])
  const check = (verdict: 'up' | 'down', times: number): void => {
    for (let count = 0; count < times; count++) {
      judged.observe('shop', { verdict })
      judged.pass(10_000)
    }
  }
  for (let flap = 0; flap < 6; flap++) {
    check('down', 1)
    check('up', 1)
  }
  expect(judged.fleet.find(TEAM, 'shop')?.state.status).toBe('flapping')
  check('down', 120)
  expect(judged.kinds).toBe('open flapping steady')
  expect(judged.fleet.find(TEAM, 'shop')?.state.status).toBe('down')
  check('up', 60)
  expect(judged.kinds).toBe('open flapping steady resolve')
})

test.each([3_600_000, -3_600_000])('a wall clock that steps by %i ms neither opens nor resolves', (step) => {
  const judged = judgedFleet([checkedService('shop'), checkedService('cart')])
  for (let check = 0; check < 30; check++) {
    if (check === 10) judged.steppedMs = step
    if (check === 20) judged.steppedMs = 0
    judged.observe('shop', {})
    judged.observe('cart', { verdict: 'down' })
    judged.pass(10_000)
  }
  expect(judged.decisions).toMatchObject([{ kind: 'open', service: 'cart', rule: 'service-down' }])
  expect(judged.fleet.find(TEAM, 'shop')?.state.status).toBe('up')
  expect(judged.fleet.find(TEAM, 'cart')?.state.status).toBe('down')
})

test('silence is stale with one incident, and never a recovery', () => {
  const judged = judgedFleet([checkedService('shop'), checkedService('cart')])
  judged.observe('shop', {})
  judged.observe('cart', { verdict: 'down', reason: 'connect ECONNREFUSED' })
  judged.pass(29_999)
  expect(judged.decisions).toMatchObject([{ service: 'cart', rule: 'service-down', reason: 'connect ECONNREFUSED' }])
  judged.pass(60 * MINUTE_MS)
  expect(judged.fleet.find(TEAM, 'shop')?.state.status).toBe('stale')
  expect(judged.fleet.find(TEAM, 'cart')?.state.status).toBe('stale')
  expect(
    judged.decisions
      .slice(1)
      .map(({ kind, service, rule: name }) => `${kind} ${name} ${service}`)
      .sort(),
  ).toEqual(['open heartbeat-missed cart', 'open heartbeat-missed shop'])
  for (let check = 0; check < 30; check++) {
    judged.observe('cart', {})
    judged.pass(10_000)
  }
  const resolved = judged.decisions.filter(({ kind }) => kind === 'resolve').map(({ rule: name }) => name)
  expect(resolved.sort()).toEqual(['heartbeat-missed', 'service-down'])
})

test('a heartbeat is missed from its first report on, not before', () => {
  const judged = judgedFleet([checkedService('backup', { url: undefined as never, check: { kind: 'heartbeat' } })])
  judged.pass(60 * MINUTE_MS)
  expect(judged.decisions).toEqual([])
  judged.observe('backup', {})
  judged.pass(30_000)
  expect(judged.decisions).toMatchObject([{ kind: 'open', rule: 'heartbeat-missed', service: 'backup' }])
})

test('maintenance opens nothing, measures on, resolves what is over, and opens what is still so at its end', () => {
  const judged = judgedFleet([checkedService('shop'), checkedService('cart')])
  judged.observe('cart', { verdict: 'down' })
  judged.isMaintained = true
  for (let check = 0; check < 20; check++) {
    judged.pass(10_000)
    judged.observe('shop', { verdict: 'down' })
    judged.observe('cart', {})
  }
  expect(judged.fleet.find(TEAM, 'shop')?.state.status).toBe('maintenance')
  expect(judged.decisions.map(({ kind, service }) => `${kind} ${service}`)).toEqual(['open cart', 'resolve cart'])
  judged.isMaintained = false
  judged.pass(5_000)
  expect(judged.decisions.slice(2)).toMatchObject([{ kind: 'open', service: 'shop' }])
})

test('what looks bad to an unwell monitor is inconclusive: nothing opens, silence does not count', () => {
  const judged = judgedFleet([checkedService('shop'), checkedService('cart')])
  judged.observe('shop', {})
  judged.observe('cart', {})
  judged.pass(10_000)
  judged.health = { reason: 'late', doubtUntil: 1e9, wellSince: 1e9 }
  judged.observe('shop', { verdict: 'down' })
  judged.pass(120_000)
  expect(judged.fleet.find(TEAM, 'shop')?.state).toMatchObject({ status: 'inconclusive' })
  judged.health = { reason: null, doubtUntil: 0, wellSince: judged.elapsed }
  judged.pass(29_000)
  expect(judged.decisions).toEqual([])
  judged.observe('shop', { verdict: 'down' })
  expect(judged.decisions).toMatchObject([{ kind: 'open', rule: 'service-down', service: 'shop' }])
})

test('a service that is down in half of its regions is degraded and opens nothing; in more it is down', () => {
  const judged = judgedFleet([checkedService('shop', { regions: ['eu', 'us'] })])
  judged.observe('shop', { region: 'eu', verdict: 'down', reason: 'HTTP 500' })
  judged.observe('shop', { region: 'us' })
  judged.pass(100)
  judged.observe('shop', { region: 'us' })
  expect(judged.fleet.find(TEAM, 'shop')?.state.status).toBe('degraded')
  judged.pass(10_000)
  judged.observe('shop', { region: 'us', verdict: 'down', reason: 'HTTP 502' })
  expect(judged.decisions.at(-1)).toMatchObject({ kind: 'open', region: null, reason: 'HTTP 502 (eu, us)' })
})

test('a service that is deleted resolves what is open, saying why; a paused one keeps it and opens nothing', () => {
  const judged = judgedFleet([checkedService('shop'), checkedService('cart')])
  judged.observe('shop', { verdict: 'down' })
  judged.services = [checkedService('cart', { enabled: false })]
  judged.adapt()
  judged.observe('cart', { verdict: 'down' })
  judged.pass(60 * MINUTE_MS)
  expect(judged.decisions.map(({ kind, service, reason }) => [kind, service, reason])).toEqual([
    ['open', 'shop', 'The check says down.'],
    ['resolve', 'shop', 'The service was deleted.'],
  ])
  expect(judged.fleet.find(TEAM, 'cart')?.state.status).toBe('paused')
})

test('a rule that is taken away resolves what it opened; one that is changed decides anew without a turn', () => {
  const judged = judgedFleet([checkedService('shop')], [slow])
  judged.observe('shop', { values: { latencyMs: 600 } })
  judged.rules = [{ ...slow, condition: { kind: 'above', value: 'latencyMs', enter: 550, exit: 450 } }]
  judged.adapt()
  judged.pass(10_000)
  judged.observe('shop', { values: { latencyMs: 500 } })
  expect(judged.kinds).toBe('open')
  judged.rules = []
  judged.adapt()
  expect(judged.decisions.at(-1)).toMatchObject({ kind: 'resolve', reason: 'The rule does not hold for it any more.' })
})

test('a child of a parent that is down, at any distance, is said to be held; a ring ends', () => {
  const judged = judgedFleet([
    checkedService('db', { dependsOn: ['shop'] }),
    checkedService('api', { dependsOn: ['db'] }),
    checkedService('shop', { dependsOn: ['api'] }),
  ])
  expect(judged.fleet.heldBy(TEAM, 'shop')).toBeNull()
  judged.observe('db', { verdict: 'down' })
  expect(judged.fleet.heldBy(TEAM, 'shop')).toBe('db')
  expect(judged.fleet.heldBy(TEAM, 'db')).toBeNull()
})

// A ring can be configured, or come of two edits at once: each was held by the others, and nobody was told of any.
test('those that need each other and are all down do not hold each other', () => {
  const judged = judgedFleet([
    checkedService('db', { dependsOn: ['api'] }),
    checkedService('api', { dependsOn: ['db', 'network'] }),
    checkedService('network'),
  ])
  judged.observe('db', { verdict: 'down' })
  judged.observe('api', { verdict: 'down' })
  expect(['db', 'api'].map((name) => judged.fleet.heldBy(TEAM, name))).toEqual([null, null])
  judged.observe('network', { verdict: 'down' })
  expect(['db', 'api', 'network'].map((name) => judged.fleet.heldBy(TEAM, name))).toEqual(['network', 'network', null])
})

test('1,000 services with the built-in rules take less than 4 MB of state', () => {
  const names = Array.from({ length: 1_000 }, (_, place) => `service-${place}`)
  const judged = judgedFleet(names.map((name) => checkedService(name)))
  for (const name of names) judged.observe(name, { values: { latencyMs: 20, cpuPercent: 5 } })
  judged.pass(10_000)
  for (const name of names) judged.observe(name, { values: { latencyMs: 20, cpuPercent: 5 } })
  // Tracks that say nothing are one object for all of them: what is counted is what each service holds of its own.
  const seen = new Set<unknown>()
  const sizeOf = (value: unknown): number => {
    if (typeof value !== 'object' || value === null) return 8
    if (seen.has(value)) return 8
    seen.add(value)
    const inner = value instanceof Map ? [...value].flat() : Object.values(value)
    return 24 + inner.reduce((sum: number, one) => sum + sizeOf(one), 8)
  }
  let bytes = 0
  for (const { state } of judged.fleet.members) bytes += sizeOf(state)
  expect(bytes).toBeGreaterThan(100_000)
  expect(bytes).toBeLessThan(4_000_000)
})
