import { expect, test } from 'vitest'
import { startServed } from '../support/served.ts'
import { until } from '../support/until.ts'

test('an operation with a path of its own is POST /operations/<name> too', async () => {
  await using served = await startServed()
  await until(() => served.sightline.counters().snapshotWrites >= 2)
  const post = (path: string, body: object) =>
    fetch(`${served.url}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
  const target = { api: 'orders', region: 'us-east' }
  for (const prefix of ['/api/v1', '/api']) {
    const response = await post(`${prefix}/operations/metrics.get`, target)
    expect([response.status, await response.json()]).toEqual([200, expect.objectContaining(target)])
  }
  const missing = await post('/api/v1/operations/metrics.get', { api: 'orders' })
  expect([missing.status, await missing.json()]).toEqual([400, expect.objectContaining({ code: 'INVALID_INPUT' })])
  const interval = await post('/api/v1/operations/metrics.setInterval', { ...target, intervalMs: 700 })
  expect(await interval.json()).toMatchObject({ intervalMs: 700 })
})
