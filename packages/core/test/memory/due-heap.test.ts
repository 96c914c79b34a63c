import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dueAfter, dueAtOrAfter, isMissed } from '../../src/memory/due-grid.ts'
import { DueHeap } from '../../src/memory/due-heap.ts'

const times = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { maxLength: 200 })

describe('DueHeap', () => {
  test('gives back the earliest first, pushed or filled', () => {
    fc.assert(
      fc.property(times, times, (pushed, filled) => {
        const heap = new DueHeap<{ readonly dueAt: number }>()
        heap.fill(filled.map((dueAt) => ({ dueAt })))
        for (const dueAt of pushed) heap.push({ dueAt })
        expect(heap.size).toBe(pushed.length + filled.length)
        const taken: number[] = []
        for (let next = heap.peek(); next !== undefined; next = heap.peek()) {
          expect(heap.pop()).toBe(next)
          taken.push(next.dueAt)
        }
        expect(taken).toEqual([...pushed, ...filled].sort((a, b) => a - b))
        expect(heap.pop()).toBe(undefined)
      }),
    )
  })
})

describe('the grid of due times', () => {
  const rhythm = fc
    .record({ everyMs: fc.integer({ min: 1, max: 100_000 }), share: fc.double({ min: 0, max: 0.999, noNaN: true }) })
    .map(({ everyMs, share }) => ({ everyMs, offsetMs: Math.floor(everyMs * share) }))
  const time = fc.integer({ min: 0, max: 4_102_444_800_000 })

  test('is offset + n × interval, the next after any time and the next from it on', () => {
    fc.assert(
      fc.property(rhythm, time, (given, now) => {
        for (const due of [dueAfter(given, now), dueAtOrAfter(given, now)]) expect((due - given.offsetMs) % given.everyMs).toBe(0)
        expect(dueAfter(given, now)).toBeGreaterThan(now)
        expect(dueAfter(given, now) - given.everyMs).toBeLessThanOrEqual(now)
        expect(dueAtOrAfter(given, now)).toBeGreaterThanOrEqual(now)
        expect(dueAtOrAfter(given, now) - given.everyMs).toBeLessThan(now)
      }),
    )
  })

  test('a tick is missed from half its interval on', () => {
    expect([0, 499, 500, 900].map((lateMs) => isMissed({ everyMs: 1_000, offsetMs: 0 }, lateMs))).toEqual([
      false,
      false,
      true,
      true,
    ])
  })
})
