import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { createServerClock, toOffset } from '../../page/live/server-clock.ts'

it.each([
  ['agreeing clocks', { serverNow: 105, sentAt: 100, receivedAt: 110 }, 0],
  ['a server ahead', { serverNow: 3_705, sentAt: 100, receivedAt: 110 }, 3_600],
  ['a server behind', { serverNow: 5, sentAt: 100, receivedAt: 110 }, -100],
])('%s', (_, times, offset) => {
  expect(toOffset(times)).toBe(offset)
})

it("tells the server's time, and keeps it while the server is away", async () => {
  const aheadMs = 3_600_000
  const server = createServer((_request, response) => {
    response.end(JSON.stringify({ timestamp: new Date(Date.now() + aheadMs).toISOString() }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const clock = createServerClock({ url: `http://127.0.0.1:${port}`, tickMs: 5 })
  await clock.sync()
  expect(Math.abs(clock.now() - Date.now() - aheadMs)).toBeLessThan(2_000)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await clock.sync()
  expect(Math.abs(clock.now() - Date.now() - aheadMs)).toBeLessThan(2_000)
})

it('ticks for all its readers, and only while there are some', async () => {
  const clock = createServerClock({ url: 'http://127.0.0.1:1', tickMs: 5 })
  const seen = new Set<number>()
  await new Promise<void>((resolve) => {
    const off = clock.subscribe(() => {
      seen.add(clock.now())
      if (seen.size < 3) return
      off()
      resolve()
    })
  })
  const last = clock.now()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(clock.now()).toBe(last)
})
