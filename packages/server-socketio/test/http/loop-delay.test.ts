import { expect, test } from 'vitest'
import { measureLoopDelay } from '../../src/http/loop-delay.ts'
import { until } from '../support/until.ts'

const reading = (text: string, name: string): number =>
  Number(new RegExp(`^nodejs_eventloop_delay_${name}_seconds (.+)$`, 'm').exec(text)?.[1] ?? Number.NaN)

const block = (ms: number): void => {
  const end = performance.now() + ms
  while (performance.now() < end);
}

test('a loop that was held up shows it, also to whoever scrapes a moment later; a free one shows next to nothing', async () => {
  let nowMs = 0
  const delay = measureLoopDelay({ monotonic: () => nowMs })
  // Nothing measured is nothing told: no 0, no 511 ns.
  expect(delay.text()).toBe('')
  await until(() => delay.text() !== '')
  await new Promise((resolve) => setTimeout(resolve, 100))
  block(300)
  await new Promise((resolve) => setTimeout(resolve, 100))
  nowMs += 6_000
  const first = delay.text()
  expect(reading(first, 'max')).toBeGreaterThan(0.2)
  // The timer's own 20 ms are no delay.
  expect(reading(first, 'p50')).toBeLessThan(0.2)
  expect(reading(first, 'p99')).toBeGreaterThanOrEqual(reading(first, 'p50'))
  // The same again at once, and after a short while.
  expect(delay.text()).toBe(first)
  nowMs += 4_000
  expect(delay.text()).toBe(first)
  await new Promise((resolve) => setTimeout(resolve, 100))
  nowMs += 2_000
  expect(delay.text()).not.toBe(first)
  delay.close()
})
