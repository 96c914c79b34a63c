import { expect, test } from 'vitest'
import { createTestSightline } from '../../src/testing/index.ts'

const url = 'http://127.0.0.1:1/'
const names = Array.from({ length: 200 }, (_, index) => `r${index}`)

test('targets with long intervals are polled within ten seconds of the start, spread, and not twice in their first interval', async () => {
  await using t = await createTestSightline({
    apis: { orders: { intervalMs: 600_000, regions: Object.fromEntries(names.map((name) => [name, { url }])) } },
  })
  const asked = () => names.map((name) => t.probe('orders', name).asked)
  await t.clock.advance(5_000)
  const half = asked().filter((count) => count === 1).length
  expect(half).toBeGreaterThan(60)
  expect(half).toBeLessThan(140)
  await t.clock.advance(5_000)
  expect(new Set(asked())).toEqual(new Set([1]))
  await t.clock.advance(270_000)
  expect(new Set(asked())).toEqual(new Set([1]))
  await t.clock.advance(900_000)
  expect(Math.min(...asked())).toBeGreaterThanOrEqual(2)
  expect(Math.max(...asked())).toBeLessThanOrEqual(3)
})

test('a wall clock that will not stand still starves no target', async () => {
  await using t = await createTestSightline({ apis: { orders: { intervalMs: 2_000, regions: { 'us-east': { url } } } } })
  for (let turn = 0; turn < 200; turn++) {
    t.clock.step(turn % 2 === 0 ? 5_000 : -5_000)
    await t.clock.advance(600)
  }
  // 120 seconds: at worst every second of sixty polls falls to the clock.
  expect(t.probe('orders', 'us-east').asked).toBeGreaterThanOrEqual(29)
  expect(t.probe('orders', 'us-east').asked).toBeLessThanOrEqual(62)
})
