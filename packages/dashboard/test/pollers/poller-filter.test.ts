import type { PollerStatus, TargetState } from '@sightline/core/protocol'
import { expect, it } from 'vitest'
import { arrangePollers, parsePollerFilter } from '../../page/pollers/poller-filter.ts'

const poller = (region: string, state: TargetState, latencyMs: number | null, failures = 0): PollerStatus => ({
  api: 'orders',
  region,
  state,
  polls: 1,
  failures,
  consecutiveFailures: 0,
  changes: 0,
  skipped: 0,
  abandoned: 0,
  latencyMs,
  checkedAt: 1,
  attemptedAt: 1,
  retryAt: null,
  lastError: null,
  apiVersion: null,
})
const pollers = [poller('c', 'up', 5), poller('b', 'failing', null, 3), poller('a', 'up', 9), poller('d', 'open', 1, 8)]

it.each([
  [{}, 'dbac'],
  [{ sort: 'target' }, 'abcd'],
  [{ sort: '-target' }, 'dcba'],
  [{ sort: '-latency' }, 'acdb'],
  [{ sort: 'latency' }, 'bdca'],
  [{ sort: '-failures' }, 'dbac'],
  [{ show: 'trouble' }, 'db'],
  [{ q: 'ORDERS' }, 'dbac'],
  [{ q: 'orders d' }, 'dbac'],
  [{ q: 'zzz' }, ''],
] as const)('%j', (filter, order) => {
  expect(
    arrangePollers(pollers, filter)
      .map(({ region }) => region)
      .join(''),
  ).toBe(order)
})

it('reads what fits of an address and leaves out the rest', () => {
  expect(parsePollerFilter({ q: 'x', show: 'trouble', sort: '-latency' })).toEqual({ q: 'x', show: 'trouble', sort: '-latency' })
  expect(parsePollerFilter({ q: [], show: 'up', sort: 'toString' })).toEqual({})
})
