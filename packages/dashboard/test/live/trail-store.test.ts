import type { RegionStatus } from '@sightline/core/protocol'
import { expect, it } from 'vitest'
import { toTargetKey } from '../../page/live/target.ts'
import { createTrailStore } from '../../page/live/trail-store.ts'

const status = (region: string, checkedAt: number): RegionStatus => ({
  api: 'orders',
  region,
  label: region,
  state: 'up',
  intervalMs: 1_000,
  revision: 1,
  changedAt: 0,
  checkedAt,
  latencyMs: 1,
})

it('tells the readers of a target of its own polls alone, and forgets targets that are gone', () => {
  const store = createTrailStore()
  const a = toTargetKey({ api: 'orders', region: 'a' })
  const b = toTargetKey({ api: 'orders', region: 'b' })
  let told = 0
  const off = store.subscribe(a, () => {
    told++
  })
  const first = status('b', 1)
  store.add([status('a', 1), first], 0)
  store.add([status('a', 2), first], 0)
  store.add([store.get(a)?.status as RegionStatus, status('b', 2)], 0)
  expect(told).toBe(2)
  expect(store.get(a)?.marks).toHaveLength(2)
  expect(store.get(b)?.marks).toHaveLength(2)
  expect(store.size).toBe(2)
  off()
  store.add([status('b', 3)], 0)
  expect(told).toBe(2)
  expect(store.get(a)).toBeUndefined()
  expect(store.size).toBe(1)
})
