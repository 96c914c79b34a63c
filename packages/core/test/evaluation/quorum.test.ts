import fc from 'fast-check'
import { expect, test } from 'vitest'
import { judgeQuorum, type Vote } from '../../src/evaluation/quorum.ts'
import { serviceStatus } from '../../src/evaluation/service-status.ts'
import type { Quorum, ServiceStatus } from '../../src/protocol/services.ts'

const on: Vote = { isOn: true, isHeard: true, isKnown: true, isAwaited: false }
const off: Vote = { ...on, isOn: false }
const lostOn: Vote = { ...on, isHeard: false }
const lostOff: Vote = { ...off, isHeard: false }
const unread: Vote = { isOn: false, isHeard: true, isKnown: false, isAwaited: false }
const awaited: Vote = { ...unread, isAwaited: true }

test.each<[string, readonly Vote[], Quorum, string]>([
  ['one of three is enough for any', [on, off, off], 'any', 'on'],
  ['one of three is no majority', [on, off, off], 'majority', 'off'],
  ['two of three are a majority', [on, on, off], 'majority', 'on'],
  ['half is no majority', [on, on, off, off], 'majority', 'off'],
  ['two of three are not all', [on, on, off], 'all', 'off'],
  ['three of three are all', [on, on, on], 'all', 'on'],
  ['a number is that many', [on, on, off, off], 2, 'on'],
  ['fewer than the number are not', [on, off, off], 2, 'off'],
  ['a number above the regions is all of them', [on, on], 5, 'on'],
  ['who is not heard decides nothing new', [lostOn, lostOn, off], 'any', 'hold'],
  ['that it is over takes the last word of who is not heard', [lostOn, lostOn, off], 'majority', 'hold'],
  ['nobody heard: there is no telling', [lostOff, lostOn], 'majority', 'hold'],
  ['nobody known: there is no telling', [unread, unread], 'any', 'hold'],
  ['who never said anything counts nowhere', [on, unread, unread], 'majority', 'on'],
  ['one of three is no majority while the others are about to begin', [on, awaited, awaited], 'majority', 'hold'],
  ['those that are heard decide', [on, lostOff, lostOff], 'majority', 'on'],
])('%s', (_, votes, quorum, expected) => {
  expect(judgeQuorum(votes, quorum)).toBe(expected)
})

const vote = fc.record({ isOn: fc.boolean(), isHeard: fc.boolean(), isKnown: fc.constant(true), isAwaited: fc.constant(false) })
const quorums = fc.oneof(fc.constantFrom<Quorum>('any', 'majority', 'all'), fc.integer({ min: 1, max: 5 }))

test('no region that falls silent turns a rule off', () => {
  fc.assert(
    fc.property(fc.array(vote, { minLength: 1, maxLength: 7 }), quorums, fc.nat(6), (votes, quorum, place) => {
      const lost = votes.map((one, index) => (index === place % votes.length ? { ...one, isHeard: false } : one))
      if (judgeQuorum(votes, quorum) !== 'off') expect(judgeQuorum(lost, quorum)).not.toBe('off')
    }),
    { numRuns: 2_000 },
  )
})

const region = (status: ServiceStatus, wasDown = status === 'down') => ({
  status,
  wasDown,
  isAwaited: status === 'waiting',
})
const regions = (...statuses: ServiceStatus[]) => statuses.map((status) => region(status))

test.each<[ServiceStatus, ReturnType<typeof regions>, Quorum]>([
  ['waiting', [], 'majority'],
  ['up', regions('up', 'up', 'waiting'), 'majority'],
  ['degraded', regions('down', 'waiting', 'waiting'), 'majority'],
  ['degraded', regions('up', 'up', 'down'), 'majority'],
  ['degraded', regions('up', 'down'), 'majority'],
  ['degraded', regions('up', 'up', 'down', 'down'), 'majority'],
  ['down', regions('up', 'down', 'down'), 'majority'],
  ['down', regions('up', 'up', 'down'), 'any'],
  ['degraded', regions('up', 'down', 'down'), 'all'],
  ['down', regions('down', 'down', 'up', 'up'), 2],
  ['flapping', regions('flapping', 'flapping', 'up'), 'majority'],
  ['flapping', regions('flapping', 'down', 'up'), 'majority'],
  ['degraded', regions('flapping', 'up', 'up'), 'majority'],
  ['stale', regions('stale', 'stale'), 'majority'],
  ['inconclusive', regions('inconclusive', 'inconclusive'), 'majority'],
  ['up', regions('stale', 'up', 'up'), 'majority'],
  ['stale', [region('stale', true), region('stale', true), region('up')], 'majority'],
  ['inconclusive', [region('inconclusive', true), region('inconclusive', true), region('up')], 'majority'],
  ['paused', regions('paused', 'paused'), 'majority'],
  ['maintenance', regions('maintenance', 'maintenance'), 'any'],
])('a service is %s with regions %j by %s', (expected, standings, quorum) => {
  expect(serviceStatus(standings, quorum)).toBe(expected)
})
