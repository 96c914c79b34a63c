import { cacheConformance } from '@sightline/conformance'
import { describe, expect, test } from 'vitest'
import { memoryCache } from '../../src/memory/index.ts'
import { testClock } from '../../src/testing/fake-clock.ts'

cacheConformance({
  name: 'memory',
  runner: { describe, test },
  open: async () => {
    const clock = testClock()
    return { cache: () => memoryCache({ clock }), elapse: (ms) => clock.advance(ms), dispose: async () => {} }
  },
  exceptions: [
    { test: 'values: another process of the installation has the same values', reason: 'a cache in memory is of one process' },
  ],
})

describe('memoryCache', () => {
  test('holds so many entries: the expired go first, then those set first', async () => {
    const clock = testClock()
    const cache = memoryCache({ clock, maxEntries: 3 })
    await cache.set('short', '0', { ttlMs: 10 })
    await cache.set('a', '1', { ttlMs: 1_000 })
    await cache.set('b', '2', { ttlMs: 1_000 })
    await clock.advance(20)
    await cache.set('c', '3', { ttlMs: 1_000 })
    expect(await Promise.all(['a', 'b', 'c'].map((key) => cache.get(key)))).toEqual(['1', '2', '3'])
    await cache.set('a', '4', { ttlMs: 1_000 })
    await cache.set('d', '5', { ttlMs: 1_000 })
    expect(await Promise.all(['a', 'b', 'c', 'd'].map((key) => cache.get(key)))).toEqual(['4', null, '3', '5'])
  })

  test('goes by the monotonic clock: a step of the wall clock ends nothing', async () => {
    const clock = testClock()
    const cache = memoryCache({ clock })
    await cache.set('a', '1', { ttlMs: 1_000 })
    clock.step(3_600_000)
    expect(await cache.get('a')).toBe('1')
    clock.step(-7_200_000)
    await clock.advance(1_000)
    expect(await cache.get('a')).toBe(null)
  })
})
