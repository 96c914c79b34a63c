import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { allowAll, createSightline, silentLogger } from '../../src/index.ts'
import { scriptedProbe } from '../../src/testing/index.ts'
import { createInstallation } from './support/monitored.ts'

const INTERVAL_MS = 10_000
const MINUTE_MS = 60_000
const lost = new Error('connect ENETUNREACH')

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

/** A network of two services and one address outside; each process reaches what it reaches. */
const setUp = async ({ others = 0 } = {}) => {
  const outside = scriptedProbe()
  const at = createInstallation({
    services: { shop: { intervalMs: INTERVAL_MS }, mail: { intervalMs: INTERVAL_MS } },
    routes: [{ channels: ['ops'], groupWaitMs: 0 }],
  })
  const reader = others === 0 ? null : await at.join({ poll: false })
  const member = await at.join({ canary: { probes: [outside] } })
  await at.clock.advance(25_000)
  const statuses = async () => {
    const { items } = await (reader ?? member).call<{ items: { name: string; status: string }[] }>('services.list')
    return Object.fromEntries(items.map(({ name, status }) => [name, status]))
  }
  return { at, member, outside, statuses }
}

for (const [how, others] of [
  ['in the process that judges', 0],
  ['in a process that another one judges for', 1],
] as const) {
  test(`a network that is lost ${how} leaves services inconclusive and tells nobody; back, they are up, and a real failure is told`, async () => {
    const { at, member, outside, statuses } = await setUp({ others })
    outside.fails(lost)
    for (const name of ['shop', 'mail']) at.probe(name).fails(lost)
    await at.clock.advance(3 * MINUTE_MS)
    expect(await statuses()).toEqual({ shop: 'inconclusive', mail: 'inconclusive' })
    expect(await member.sightline.health()).toMatchObject({ status: 'degraded', checks: { egress: { status: 'degraded' } } })
    expect(await member.call('incidents.list')).toMatchObject({ items: [] })
    // Nor does it count against anybody's objective.
    const period = { from: at.clock.now() - 2 * MINUTE_MS, to: at.clock.now() }
    expect(await member.call('samples.availability', { service: 'shop', ...period })).toMatchObject({ percent: null })

    outside.returns({})
    at.probe('mail').returns({})
    await at.clock.advance(2 * MINUTE_MS)
    expect(await statuses()).toEqual({ shop: 'down', mail: 'up' })
    expect(await member.sightline.health()).toMatchObject({ checks: { egress: { status: 'healthy' } } })
    expect(at.sent.map(({ notification: { title } }) => title)).toEqual([expect.stringContaining('shop')])
  })
}

test('while one address answers, what fails is down', async () => {
  const { at, statuses } = await setUp()
  at.probe('shop').fails(lost)
  await at.clock.advance(MINUTE_MS)
  expect(await statuses()).toEqual({ shop: 'down', mail: 'up' })
})

const listen = async (status: number) => {
  const server = createServer((_, response) => response.writeHead(status).end())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  undo.push(async () => close(server))
  return { server, port, url: `http://127.0.0.1:${port}/` }
}
const close = async (server: Server) => {
  server.closeAllConnections()
  if (server.listening) await new Promise((resolve) => server.close(resolve))
}
const until = async (read: () => Promise<unknown>, wanted: unknown) => {
  for (const endsAt = Date.now() + 20_000; ; ) {
    const found = await read()
    if (found === wanted || Date.now() > endsAt) return expect(found).toBe(wanted)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

test('with real servers: any answer of an address counts, whatever its status; with all of them gone a service is inconclusive', async () => {
  const [shop, first, second] = await Promise.all([listen(200), listen(404), listen(301)])
  const sightline = createSightline({
    access: allowAll(),
    logger: silentLogger(),
    services: { shop: { url: shop.url, intervalMs: 1_000 } },
    canary: { urls: [first.url, second.url], intervalMs: 1_000, timeoutMs: 500 },
  })
  undo.push(() => sightline.stop())
  await sightline.start()
  const status = async () => {
    const service = await sightline.call({ operation: 'services.get', input: { name: 'shop' }, as: 'system' })
    return (service as { status: string }).status
  }
  await until(status, 'up')
  await Promise.all([shop, first, second].map(({ server }) => close(server)))
  await until(status, 'inconclusive')
  second.server.listen(second.port, '127.0.0.1')
  await until(status, 'down')
}, 30_000)

test('a canary without an address, or with one that is none, is refused by name', () => {
  expect(() => createSightline({ services: {}, canary: {} })).toThrow(/canary: must name at least one url/)
  expect(() => createSightline({ services: {}, canary: { urls: ['ftp://example.com'] } })).toThrow(/canary\.urls\.0/)
})
