import { afterEach, expect, test, vi } from 'vitest'
import { createRateLimiter } from '../src/rate-limit.ts'

afterEach(() => void vi.useRealTimers())

test('counts by address, IPv6 by its /64, and forgets after the window', async () => {
  vi.useFakeTimers()
  const limiter = createRateLimiter({ requests: 2, windowMs: 10_000 })
  expect([await limiter.take('203.0.113.7'), await limiter.take('203.0.113.7')]).toEqual([0, 0])
  expect(await limiter.take('203.0.113.7')).toBe(10_000)
  vi.advanceTimersByTime(4_000)
  expect(await limiter.take('203.0.113.7')).toBe(6_000)
  expect(await limiter.take('203.0.113.8')).toBe(0)
  expect([await limiter.take('2001:db8::1'), await limiter.take('2001:db8::2'), await limiter.take('2001:db8::3')]).toEqual([
    0, 0, 10_000,
  ])
  vi.advanceTimersByTime(6_000)
  expect(await limiter.take('203.0.113.7')).toBe(0)
  await limiter.close()
})

test('an address nobody knows is not limited, and false limits nothing', async () => {
  const limiter = createRateLimiter({ requests: 1 })
  expect([await limiter.take(''), await limiter.take('')]).toEqual([0, 0])
  const none = createRateLimiter(false)
  expect([await none.take('a'), await none.take('a')]).toEqual([0, 0])
  await Promise.all([limiter.close(), none.close()])
})

test('close leaves no timer, however many addresses were seen', async () => {
  vi.useFakeTimers()
  const limiter = createRateLimiter()
  for (let i = 0; i < 500; i++) await limiter.take(`10.0.${i >> 8}.${i & 255}`)
  expect(vi.getTimerCount()).toBe(500)
  await limiter.close()
  expect(vi.getTimerCount()).toBe(0)
})
