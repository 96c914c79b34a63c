import { expect, test } from 'vitest'
import { createSightline, directTransport, memoryStorage, type Principal } from '../../src/index.ts'
import type { ClientTransport } from '../../src/protocol/client-transport.ts'
import type { Frame } from '../../src/protocol/frame.ts'
import { createTestSightline, scriptedProbe } from '../../src/testing/index.ts'

const url = 'http://127.0.0.1:1/'
const apis = { orders: { intervalMs: 1_000, regions: { 'us-east': { url } } } }
const params = { api: 'orders', region: 'us-east' }
const ada: Principal = { id: 'ada', roles: ['*'], teams: [] }

const open = (transport: ClientTransport) => {
  const told: string[] = []
  const frames: Frame[] = []
  transport.open({
    connected: () => void told.push('connected'),
    disconnected: (reason, willRetry) => void told.push(`disconnected ${reason} ${willRetry}`),
    refused: (error) => void told.push(`refused ${(error as { code: string }).code}`),
    frame: (frame) => void frames.push(frame),
  })
  return { told, frames }
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}

test('a client in the same process subscribes, is sent copies, calls, and leaves', async () => {
  await using t = await createTestSightline({ apis })
  t.probe('orders', 'us-east').returns({ n: 1 })
  await t.clock.advance(1_100)
  const transport = directTransport(t.sightline, { as: ada })
  await expect(transport.request('subscribe', { topic: 'metrics', params })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  const { told, frames } = open(transport)
  await turns()
  expect(told).toEqual(['connected'])
  const answer = await transport.request('subscribe', { topic: 'metrics', params, delta: true })
  expect(answer).toMatchObject({ frame: { data: { data: { n: 1 } } } })
  t.probe('orders', 'us-east').returns({ n: 2 })
  await t.clock.advance(1_100)
  expect(frames).toHaveLength(1)
  // What the client does with its copy reaches nobody.
  Object.assign(frames[0] as object, { data: 'mine' })
  expect(await transport.request('call', { operation: 'metrics.get', input: params })).toMatchObject({ data: { n: 2 } })
  await expect(
    transport.request('call', { operation: 'metrics.get', input: params }, { signal: AbortSignal.abort() }),
  ).rejects.toMatchObject({ code: 'ABORTED' })
  await transport.request('unsubscribe', { topic: 'metrics', params, delta: true })
  await turns()
  expect(t.sightline.counters()).toMatchObject({ sessions: 1, subscriptions: 0 })
  transport.close()
  transport.close()
  await turns()
  expect(t.sightline.counters().sessions).toBe(0)
  expect(t.sightline.info().adapters.transports).toEqual([])
})

test('who is refused is told so, for good, and leaves no transport behind', async () => {
  await using t = await createTestSightline({ apis })
  const { told } = open(directTransport(t.sightline, { as: { ...ada, expiresAt: t.clock.now() - 1 } }))
  await turns()
  expect(told).toEqual(['refused UNAUTHENTICATED', 'disconnected refused false'])
  expect(t.sightline.info().adapters.transports).toEqual([])
})

test('closing while it is being let in leaves no session', async () => {
  await using t = await createTestSightline({ apis })
  const transport = directTransport(t.sightline, { as: ada })
  const { told } = open(transport)
  transport.close()
  await turns()
  expect(told).not.toContain('connected')
  expect(t.sightline.counters().sessions).toBe(0)
  expect(t.sightline.info().adapters.transports).toEqual([])
})

test('a session that is revoked, and a server that stops, are told', async () => {
  const sightline = createSightline({
    access: { authenticate: () => null, allows: () => true },
    storage: memoryStorage(),
    apis: { orders: { regions: { 'us-east': { probe: scriptedProbe() } } } },
  })
  await sightline.start({ poll: false })
  const [revoked, stopped] = [open(directTransport(sightline, { as: ada })), open(directTransport(sightline, { as: null }))]
  await turns()
  sightline.sessions.revoke({ userId: 'ada' })
  expect(revoked.told).toEqual(['connected', 'disconnected The session was revoked. false'])
  await sightline.stop()
  expect(stopped.told).toEqual(['connected', 'disconnected The server is stopping. false'])
})
