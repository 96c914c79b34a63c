import { expect, test } from 'vitest'
import { createInstallation, type Installation, type Member } from './support/monitored.ts'

const INTERVAL_MS = 10_000
const MINUTE_MS = 60_000
const refused = new Error('connect ECONNREFUSED')

const told = ({ sent }: Installation) => sent.map(({ channel, notification: { status } }) => `${channel} ${status}`)
const incidentOf = async (member: Member) =>
  (await member.call<{ items: { id: string; severity: string; reopens: number }[] }>('incidents.list')).items[0]

test('an incident that came back is escalated so long after it came back, not after it was opened first', async () => {
  const at = createInstallation({
    services: { jobs: { intervalMs: INTERVAL_MS } },
    rules: { 'service-down': { keepFiringForMs: 0 } },
    channels: ['ops', 'boss'],
    routes: [
      { channels: ['ops'], groupWaitMs: 0, groupIntervalMs: 0, escalate: { afterMs: 15 * MINUTE_MS, channels: ['boss'] } },
    ],
  })
  const member = await at.join()
  await at.clock.advance(30_000)
  at.probe('jobs').fails(refused)
  await at.clock.advance(8 * MINUTE_MS)
  at.probe('jobs').returns({})
  await at.clock.advance(4 * MINUTE_MS)
  at.probe('jobs').fails(refused)
  await at.clock.advance(8 * MINUTE_MS)
  expect(await incidentOf(member)).toMatchObject({ status: 'open', reopens: 1 })
  expect(told(at)).toEqual(['ops firing', 'ops resolved', 'ops firing'])
  await at.clock.advance(8 * MINUTE_MS)
  expect(told(at)).toEqual(['ops firing', 'ops resolved', 'ops firing', 'boss firing'])
})

test('who knows of an incident is told when it becomes worse, and not when it becomes less bad', async () => {
  const at = createInstallation({
    services: { jobs: { intervalMs: INTERVAL_MS } },
    routes: [{ channels: ['ops'], groupWaitMs: 0, groupIntervalMs: 0 }],
    rules: { 'service-down': { severity: 'high', condition: { kind: 'verdict', is: 'down' } } },
  })
  const member = await at.join()
  await at.clock.advance(30_000)
  at.probe('jobs').fails(refused)
  await at.clock.advance(MINUTE_MS)
  const { id } = (await incidentOf(member)) as { id: string }
  const set = async (severity: string) => {
    await member.call('incidents.setSeverity', { id, severity })
    await at.clock.advance(MINUTE_MS)
    return at.sent.map(({ notification }) => notification.severity)
  }
  expect(await set('low')).toEqual(['high'])
  expect(await set('medium')).toEqual(['high', 'medium'])
  expect(await set('critical')).toEqual(['high', 'medium', 'critical'])
  expect(await set('high')).toEqual(['high', 'medium', 'critical'])
  expect(await incidentOf(member)).toMatchObject({ severity: 'high' })
  at.probe('jobs').returns({})
  await at.clock.advance(5 * MINUTE_MS)
  expect(told(at).at(-1)).toBe('ops resolved')
})

for (const [how, routes] of [
  ['by no route any more', [{ channels: ['ops'], groupWaitMs: 0 }]],
  [
    'by routes for others alone',
    [
      { channels: ['ops'], groupWaitMs: 0 },
      { channels: ['mail'], services: ['shop'] },
    ],
  ],
  ['where no route fits at all', [{ channels: ['ops'], services: ['shop'] }]],
] as const) {
  test(`a channel that was told, and is reached ${how} after a restart, is told of the end, once`, async () => {
    const at = createInstallation({
      services: { jobs: { intervalMs: INTERVAL_MS }, shop: { intervalMs: INTERVAL_MS } },
      channels: ['ops', 'mail'],
      routes: [{ channels: ['ops', 'mail'], groupWaitMs: 0 }],
    })
    const first = await at.join()
    await at.clock.advance(30_000)
    at.probe('jobs').fails(refused)
    await at.clock.advance(MINUTE_MS)
    expect(told(at).sort()).toEqual(['mail firing', 'ops firing'])
    await first.stop()
    const second = await at.join({ routes: routes as never })
    await at.clock.advance(MINUTE_MS)
    at.probe('jobs').returns({})
    await at.clock.advance(10 * MINUTE_MS)
    expect(told(at).sort()).toEqual(['mail firing', 'mail resolved', 'ops firing', 'ops resolved'])
    await second.stop()
    await at.join({ routes: routes as never })
    await at.clock.advance(5 * MINUTE_MS)
    expect(at.sent).toHaveLength(4)
  })
}
