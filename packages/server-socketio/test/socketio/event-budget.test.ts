import { expect, test } from 'vitest'
import { createEventBudget } from '../../src/socketio/event-budget.ts'

test('a burst, then the rate, and no more saved up than the burst', () => {
  const budget = createEventBudget({ perSecond: 10, burst: 3 })
  expect([1, 2, 3].map(() => budget.take(1_000))).toEqual([0, 0, 0])
  expect(budget.take(1_000)).toBe(100)
  expect(budget.take(1_050)).toBe(50)
  expect(budget.take(1_100)).toBe(0)
  expect(budget.take(1_100)).toBe(100)
  expect([1, 2, 3].map(() => budget.take(60_000))).toEqual([0, 0, 0])
  expect(budget.take(60_000)).toBe(100)
})

test('a clock that stands still gives nothing back', () => {
  const budget = createEventBudget({ perSecond: 1_000, burst: 1 })
  expect(budget.take(5)).toBe(0)
  expect(budget.take(5)).toBe(1)
})
