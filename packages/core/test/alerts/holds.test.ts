import { describe, expect, test } from 'vitest'
import type { Route } from '../../src/protocol/alerts.ts'
import {
  type AlertsEngine,
  type EngineOptions,
  incident,
  type RecordingNotifier,
  recordingNotifier,
  startAlerts,
} from './support/alerts-engine.ts'

const MINUTE = 60_000
const HOUR = 3_600_000

const startOps = async (
  options: Omit<EngineOptions, 'notifiers'> & { readonly channels?: readonly string[] } = {},
): Promise<{
  readonly engine: AlertsEngine
  readonly of: Record<string, RecordingNotifier>
  told(channel?: string): readonly string[]
}> => {
  const { channels = ['ops'], ...rest } = options
  const of: Record<string, RecordingNotifier> = {}
  const engine = await startAlerts({
    routes: [{ channels: ['ops'], groupWaitMs: 0, groupIntervalMs: 0 }],
    ...rest,
    notifiers: (clock) => {
      for (const name of channels) of[name] = recordingNotifier(clock)
      return of
    },
  })
  return { engine, of, told: (channel = 'ops') => of[channel]?.taken.map(({ note }) => `${note.status} ${note.title}`) ?? [] }
}

const open = (id: string, more: Parameters<typeof incident>[0] | object = {}) => ({
  incident: incident({ id, ...more }),
  kind: 'opened' as const,
  step: 1,
})
const resolve = (id: string, step = 2) => ({
  incident: incident({ id, status: 'resolved' }),
  kind: 'resolved' as const,
  step,
})

describe('a silence', () => {
  test('holds what it names until it ends, and then it is told, where it still fires', async () => {
    const { engine, told } = await startOps()
    await using _ = engine
    const now = engine.clock.now()
    await engine.call('silences.create', { services: ['a', 'over'], from: now, to: now + HOUR, reason: 'noise' })
    await engine.clock.advance(10)
    for (const id of ['a', 'over', 'other']) await engine.commit(open(id))
    await engine.clock.advance(MINUTE)
    await engine.commit(resolve('over'))
    await engine.clock.advance(MINUTE)
    expect(told()).toEqual(['firing other is down'])
    const held = await engine.call('alerts.list', { status: 'held' })
    expect(held).toMatchObject({ items: [{ service: 'a', heldBy: expect.stringMatching(/^silence:/) }] })
    await engine.clock.advance(HOUR)
    expect(told()).toEqual(['firing other is down', 'firing a is down'])
    // What began and ended meanwhile is told of nothing.
    expect((await engine.alerts()).filter(({ incident: of }) => of === 'over').map(({ status }) => status)).toEqual([
      'dropped',
      'dropped',
    ])
  })

  test('never holds the resolve of what was told', async () => {
    const { engine, told } = await startOps()
    await using _ = engine
    await engine.commit(open('a'))
    await engine.clock.advance(1_000)
    const now = engine.clock.now()
    await engine.call('silences.create', { from: now, to: now + HOUR, reason: 'all of it' })
    await engine.commit(resolve('a'))
    await engine.clock.advance(MINUTE)
    expect(told()).toEqual(['firing a is down', 'resolved a is down'])
  })

  test('that is expired lets go at once', async () => {
    const { engine, told } = await startOps()
    await using _ = engine
    const now = engine.clock.now()
    const silence = (await engine.call('silences.create', {
      rules: ['service-down'],
      from: now,
      to: now + HOUR,
      reason: '',
    })) as {
      id: string
    }
    await engine.clock.advance(10)
    await engine.commit(open('a'))
    await engine.clock.advance(MINUTE)
    expect(told()).toEqual([])
    await engine.call('silences.expire', { id: silence.id })
    await engine.clock.advance(100)
    expect(told()).toEqual(['firing a is down'])
    expect(await engine.call('silences.list', {})).toEqual({ items: [], next: null })
    expect(await engine.call('silences.list', { all: true })).toMatchObject({ items: [{ id: silence.id, by: 'ada' }] })
  })

  test('of another team holds nothing', async () => {
    const { engine, told } = await startOps()
    await using _ = engine
    const now = engine.clock.now()
    await engine.call('silences.create', { from: now, to: now + HOUR, reason: '' }, 'others')
    await engine.commit(open('a'))
    await engine.clock.advance(1_000)
    expect(told()).toEqual(['firing a is down'])
    expect(await engine.call('silences.list', {})).toMatchObject({ items: [] })
    expect(await engine.call('alerts.list', {}, 'others')).toMatchObject({ items: [] })
  })

  test('that ends before it begins, or lasts for years, is refused', async () => {
    const { engine } = await startOps()
    await using _ = engine
    const now = engine.clock.now()
    for (const [from, to] of [
      [now, now - 1],
      [now - HOUR, now - MINUTE],
      [now, now + 500 * 24 * HOUR],
    ]) {
      await expect(engine.call('silences.create', { from, to, reason: '' })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    }
  })
})

test('planned work holds notices, and says so to who asks', async () => {
  const { engine, told } = await startOps()
  await using _ = engine
  const now = engine.clock.now()
  const planned = (await engine.call('maintenance.create', {
    title: 'new disks',
    services: ['a'],
    cron: '5 * * * *',
    durationMs: 10 * MINUTE,
  })) as { id: string; next: { from: number; to: number } }
  await engine.clock.advance(10)
  expect(planned.next).toEqual({ from: now + 5 * MINUTE, to: now + 15 * MINUTE })
  const at = (ms: number, name = 'a') => engine.part.isInMaintenance('default', { name, tags: [] }, now + ms)
  expect([at(0), at(5 * MINUTE), at(14 * MINUTE), at(15 * MINUTE), at(65 * MINUTE), at(6 * MINUTE, 'b')]).toEqual([
    false,
    true,
    true,
    false,
    true,
    false,
  ])
  await engine.clock.advance(6 * MINUTE)
  await engine.commit(open('a'))
  await engine.clock.advance(8 * MINUTE)
  expect(told()).toEqual([])
  await engine.clock.advance(2 * MINUTE)
  expect(told()).toEqual(['firing a is down'])
  expect(await engine.call('maintenance.delete', { id: planned.id })).toEqual({ deleted: true })
  await engine.clock.advance(10)
  expect(at(65 * MINUTE)).toBe(false)
  expect(await engine.call('maintenance.delete', { id: planned.id })).toEqual({ deleted: false })
})

test('a parent that is down holds the notices of its children, never their resolves', async () => {
  let isDown = false
  const { engine, told } = await startOps({ isParentDown: (_, service) => isDown && service === 'child' })
  await using _ = engine
  isDown = true
  await engine.commit(open('child'))
  await engine.commit(open('parent'))
  await engine.clock.advance(MINUTE)
  expect(told()).toEqual(['firing parent is down'])
  isDown = false
  await engine.clock.advance(MINUTE)
  expect(told()).toEqual(['firing parent is down', 'firing child is down'])
  isDown = true
  await engine.commit(resolve('child'))
  await engine.clock.advance(MINUTE)
  expect(told().at(-1)).toBe('resolved child is down')
})

test('quiet hours hold until morning what is not severe enough', async () => {
  // The clock stands at midnight, UTC: it is 01:00 in Berlin.
  const quietHours = { from: '22:00', to: '07:00', timeZone: 'Europe/Berlin', except: ['critical'] } as const
  const { engine, of, told } = await startOps({
    routes: [{ channels: ['ops'], groupWaitMs: 0, groupIntervalMs: 0, repeatMs: 0, quietHours }],
  })
  await using _ = engine
  const start = engine.clock.now()
  await engine.commit(open('calm', { severity: 'low' }))
  await engine.commit(open('grave', { severity: 'critical' }))
  await engine.clock.advance(5 * HOUR)
  expect(told()).toEqual(['firing grave is down'])
  await engine.clock.advance(2 * HOUR)
  expect(told()).toContain('firing calm is down')
  expect((of.ops?.taken.find(({ note }) => note.title === 'calm is down')?.at ?? 0) - start).toBe(6 * HOUR)
})

describe('who does not answer', () => {
  const routes: readonly Route[] = [
    {
      channels: ['ops'],
      groupWaitMs: 0,
      repeatMs: HOUR,
      escalate: { afterMs: 15 * MINUTE, channels: ['boss'] },
    },
  ]

  test('is told again, and then somebody else is', async () => {
    const { engine, of, told } = await startOps({ routes, channels: ['ops', 'boss'] })
    await using _ = engine
    await engine.commit(open('a', { openedAt: engine.clock.now() }))
    await engine.clock.advance(14 * MINUTE)
    expect(told('boss')).toEqual([])
    await engine.clock.advance(2 * MINUTE)
    expect(told('boss')).toEqual(['firing a is down'])
    await engine.clock.advance(2 * HOUR)
    expect(told()).toEqual(['firing a is down', 'repeat a is down', 'repeat a is down'])
    expect(new Set(of.ops?.taken.map(({ key }) => key)).size).toBe(3)
    await engine.commit(resolve('a'))
    await engine.clock.advance(MINUTE)
    expect(told('boss').at(-1)).toBe('resolved a is down')
    expect(told().at(-1)).toBe('resolved a is down')
    await engine.clock.advance(5 * HOUR)
    expect(told()).toHaveLength(4)
  })

  test('who does is left alone', async () => {
    const { engine, told } = await startOps({ routes, channels: ['ops', 'boss'] })
    await using _ = engine
    const openedAt = engine.clock.now()
    await engine.commit(open('a', { openedAt }))
    await engine.clock.advance(MINUTE)
    await engine.commit({
      incident: incident({ id: 'a', openedAt, acknowledgedAt: engine.clock.now() }),
      kind: 'acknowledged',
      step: 2,
    })
    await engine.clock.advance(5 * HOUR)
    expect(told()).toEqual(['firing a is down'])
    expect(told('boss')).toEqual([])
    await engine.commit(resolve('a', 3))
    await engine.clock.advance(MINUTE)
    expect(told()).toEqual(['firing a is down', 'resolved a is down'])
    // Who was told of nothing is told of no end.
    expect(told('boss')).toEqual([])
  })
})

describe('what comes and goes', () => {
  test('within the wait is told of nothing', async () => {
    const { engine, told } = await startOps({ routes: [{ channels: ['ops'] }] })
    await using _ = engine
    await engine.commit(open('a'))
    await engine.clock.advance(10_000)
    await engine.commit(resolve('a'))
    await engine.clock.advance(HOUR)
    expect(told()).toEqual([])
    expect((await engine.alerts()).map(({ status }) => status)).toEqual(['dropped', 'dropped'])
  })

  test('flapping: one notice in, one out', async () => {
    const { engine, told } = await startOps()
    await using _ = engine
    await engine.commit(open('a'))
    await engine.clock.advance(MINUTE)
    await engine.commit({ incident: incident({ id: 'a', isFlapping: true }), kind: 'flapping', step: 2 })
    await engine.clock.advance(HOUR)
    await engine.commit({ incident: incident({ id: 'a' }), kind: 'steady', step: 3 })
    await engine.clock.advance(MINUTE)
    await engine.commit(resolve('a', 4))
    await engine.clock.advance(MINUTE)
    expect(told()).toEqual(['firing a is down', 'flapping a is down', 'steady a is down', 'resolved a is down'])
  })

  test('sixty reopenings within the wait: one firing, one resolve', async () => {
    const { engine, told } = await startOps({ routes: [{ channels: ['ops'] }] })
    await using _ = engine
    await engine.commit(open('a'))
    await engine.clock.advance(MINUTE)
    for (let step = 2; step < 122; step += 2) {
      await engine.commit(resolve('a', step))
      await engine.clock.advance(5_000)
      await engine.commit({ incident: incident({ id: 'a', reopens: step / 2 }), kind: 'reopened', step: step + 1 })
      await engine.clock.advance(5_000)
    }
    await engine.commit(resolve('a', 122))
    await engine.clock.advance(HOUR)
    expect(told()).toEqual(['firing a is down', 'resolved a is down'])
  })
})
