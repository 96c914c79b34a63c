import { expect, test } from 'vitest'
import type { Sample } from '../../src/domain/sample.ts'
import { defineProbe } from '../../src/polling/define-probe.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import type { Schedule } from '../../src/ports/scheduler.ts'
import type { ServiceView } from '../../src/protocol/services.ts'
import { type CheckRunnerOptions, createCheckRunner } from '../../src/services/check-runner.ts'
import { toService } from '../../src/services/service-record.ts'
import { testClock } from '../../src/testing/index.ts'
import { down, runServices, scriptedKind, up } from './support/running-services.ts'

const check = (to: string) => ({ kind: 'scripted', to })

test('1,000 services are first checked within one interval, spread, and each once an interval from then on', async () => {
  const scripted = scriptedKind()
  const configured = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, index) => [`s${index}`, { check: check(`s${index}`), intervalMs: 10_000 }]),
  )
  const running = await runServices({ configured, kinds: [scripted.kind as never] })
  await running.clock.advance(10_000)
  expect(new Set(scripted.asked.map(({ to }) => to)).size).toBe(1_000)
  // Spread: no tenth of the interval has more than twice its share.
  const begin = running.samples[0]?.at ?? 0
  const tenths = Map.groupBy(running.samples, ({ at }) => Math.floor((at - begin) / 1_000))
  expect(Math.max(...[...tenths.values()].map(({ length }) => length))).toBeLessThan(200)
  await running.clock.advance(30_000)
  for (const count of Map.groupBy(scripted.asked, ({ to }) => to).values()) {
    expect(count.length).toBeGreaterThanOrEqual(3)
    expect(count.length).toBeLessThanOrEqual(5)
  }
  await running.stop()
}, 30_000)

test('what is added, edited, paused and deleted while it runs is followed at once', async () => {
  const scripted = scriptedKind()
  const running = await runServices({ kinds: [scripted.kind as never] })
  const { clock, call } = running
  await call('services.create', { name: 'a', check: check('first'), intervalMs: 5_000, regions: ['eu', 'us'] })
  await clock.advance(5_000)
  expect(new Set(scripted.asked.map(({ region }) => region))).toEqual(new Set(['eu', 'us']))

  await call('services.update', { name: 'a', changes: { check: check('second'), regions: ['us'] } })
  const before = scripted.count('first')
  await clock.advance(10_000)
  expect(scripted.count('first')).toBe(before)
  expect(scripted.asked.filter(({ to }) => to === 'second').every(({ region }) => region === 'us')).toBe(true)
  expect(scripted.count('second')).toBe(2)

  await call('services.update', { name: 'a', changes: { intervalMs: 1_000 } })
  await clock.advance(10_000)
  expect(scripted.count('second')).toBe(12)

  await call('services.setEnabled', { name: 'a', enabled: false })
  const paused = scripted.asked.length
  expect(await running.view('a')).toMatchObject({ status: 'paused', enabled: false })
  await clock.advance(60_000)
  expect(scripted.asked.length).toBe(paused)

  await call('services.setEnabled', { name: 'a', enabled: true })
  await clock.advance(2_000)
  expect(scripted.asked.length).toBeGreaterThan(paused)
  expect(await call('services.delete', { name: 'a' })).toEqual({ deleted: true })
  const deleted = scripted.asked.length
  await clock.advance(60_000)
  expect(scripted.asked.length).toBe(deleted)
  expect(scripted.open).toBe(0)
  expect(await call('services.delete', { name: 'a' })).toEqual({ deleted: false })
  await running.stop()
  expect(clock.pending).toBe(0)
})

test('never two checks of one service and region at once, also with checkNow and edits in between', async () => {
  const scripted = scriptedKind()
  const running = await runServices({ kinds: [scripted.kind as never] })
  const { clock, call } = running
  // It takes its time to end after an abort, as sockets do.
  scripted.answers.set('slow', (signal) => {
    const { promise, resolve } = Promise.withResolvers<typeof up>()
    clock.setTimer(2_500, () => resolve(up))
    signal.addEventListener('abort', () => clock.setTimer(200, () => resolve(up)))
    return promise
  })
  await call('services.create', { name: 'a', check: check('slow'), intervalMs: 1_000, timeoutMs: 5_000 })
  for (let round = 0; round < 20; round++) {
    void running.call('services.checkNow', { name: 'a' })
    if (round % 5 === 4) await call('services.update', { name: 'a', changes: { check: { ...check('slow'), port: round } } })
    await clock.advance(700)
  }
  expect(scripted.count('slow')).toBeGreaterThan(3)
  expect(scripted.most).toBe(1)
  const stopped = running.stop()
  await clock.advance(5_000)
  await stopped
  expect(scripted.open).toBe(0)
})

test('a probe that never settles is left behind at its timeout, is down, and delays nobody', async () => {
  const scripted = scriptedKind()
  const configured = {
    hangs: { check: check('hangs'), intervalMs: 2_000, timeoutMs: 1_000 },
    works: { check: check('works'), intervalMs: 2_000 },
  }
  const running = await runServices({ configured, kinds: [scripted.kind as never] })
  scripted.answers.set('hangs', () => new Promise(() => {}))
  await running.clock.advance(20_000)
  const hung = running.samples.filter(({ service }) => service === 'hangs')
  expect(hung.length).toBeGreaterThanOrEqual(9)
  expect(hung[0]).toMatchObject({ verdict: 'down', reason: 'No answer within 1000 ms.', values: {} })
  const works = running.samples.filter(({ service }) => service === 'works')
  expect(works.length).toBeGreaterThanOrEqual(9)
  expect(works.every(({ verdict }) => verdict === 'up')).toBe(true)
  const stopped = running.stop()
  await running.clock.advance(5_000)
  await stopped
})

test('only the first failure of a row is tried again at once', async () => {
  const scripted = scriptedKind()
  const running = await runServices({
    configured: { a: { check: check('a'), intervalMs: 5_000 } },
    kinds: [scripted.kind as never],
  })
  scripted.answers.set('a', () => down)
  await running.clock.advance(5_000)
  expect(running.samples).toHaveLength(1)
  expect(scripted.count('a')).toBe(2)
  await running.clock.advance(5_000)
  expect(running.samples).toHaveLength(2)
  expect(scripted.count('a')).toBe(3)
  let failed = false
  scripted.answers.set('a', () => {
    if (failed) return up
    failed = true
    return down
  })
  await running.clock.advance(5_000)
  expect(running.samples.at(-1)?.verdict).toBe('down')
  failed = false
  scripted.answers.set('a', () => up)
  await running.clock.advance(5_000)
  expect(running.samples.at(-1)).toMatchObject({ verdict: 'up', values: { latencyMs: 5 } })
  scripted.answers.set('a', () => {
    if (failed) return up
    failed = true
    return down
  })
  await running.clock.advance(5_000)
  // One failure that is gone a moment later is none.
  expect(running.samples.at(-1)?.verdict).toBe('up')
  await running.stop()
})

test('a probe by code: its status, numbers and reason; degraded is degraded', async () => {
  const clock = testClock()
  let status: 'up' | 'degraded' | 'down' = 'degraded'
  let closed = 0
  const probe = defineProbe(
    {
      name: 'queue',
      collect: () => ({ status, metrics: { depth: 7 }, reason: 'too\r\nlong' }),
      close: () => {
        closed++
      },
    },
    { clock },
  )
  const running = await runServices({ clock, configured: { jobs: { probe, intervalMs: 1_000 } } })
  await clock.advance(1_000)
  expect(running.samples.at(-1)).toMatchObject({ verdict: 'degraded', reason: 'too long', values: { depth: 7, latencyMs: 0 } })
  status = 'down'
  await clock.advance(1_000)
  expect(running.samples.at(-1)).toMatchObject({
    verdict: 'down',
    reason: 'The probe queue reports down: too long',
    values: { depth: 7 },
  })
  expect(running.samples.at(-1)?.values.latencyMs).toBeUndefined()
  status = 'up'
  await clock.advance(1_000)
  expect(running.samples.at(-1)).toMatchObject({ verdict: 'up', values: { depth: 7 } })
  expect(running.samples.at(-1)?.reason).toBeUndefined()
  expect(await running.view('jobs')).toMatchObject({ kind: 'probe', origin: 'config' })
  await running.stop()
  expect(closed).toBe(1)
})

test('what is broken off, and what another process has taken over, is no sample', async () => {
  const scripted = scriptedKind()
  const running = await runServices({
    configured: { a: { check: check('a'), intervalMs: 1_000 } },
    kinds: [scripted.kind as never],
  })
  scripted.answers.set('a', () => new Promise((resolve) => running.clock.setTimer(500, () => resolve(up))))
  await running.clock.advance(1_100)
  const samples = running.samples.length
  while (scripted.most === 0) await running.clock.advance(100)
  const stopped = running.stop()
  await running.clock.advance(5_000)
  await stopped
  expect(running.samples.length).toBeLessThanOrEqual(samples + 1)
  const after = running.samples.length
  await running.clock.advance(5_000)
  expect(running.samples.length).toBe(after)
})

test('a process that only serves checks nothing by itself, and once when it is asked', async () => {
  const scripted = scriptedKind()
  const running = await runServices({
    configured: { a: { check: check('a'), intervalMs: 1_000, regions: ['eu', 'us'] } },
    kinds: [scripted.kind as never],
    poll: false,
  })
  await running.clock.advance(60_000)
  expect(scripted.asked).toHaveLength(0)
  const checkedAt = running.clock.now()
  const answer = running.call('services.checkNow', { name: 'a' }) as Promise<ServiceView>
  // Nobody judges here: after a second the answer says what was seen.
  await running.clock.advance(2_000)
  expect((await answer).regions).toMatchObject([
    { region: 'eu', status: 'waiting', checkedAt, latencyMs: 5 },
    { region: 'us', status: 'waiting', checkedAt, latencyMs: 5 },
  ])
  expect(running.samples).toHaveLength(2)
  expect(scripted.open).toBe(0)
  await running.stop()
})

test('the answer to checkNow is how the service is doing then', async () => {
  const scripted = scriptedKind()
  const running = await runServices({
    configured: { a: { check: check('a'), intervalMs: 60_000 } },
    kinds: [scripted.kind as never],
    poll: false,
    judges: true,
  })
  scripted.answers.set('a', () => new Promise((resolve) => running.clock.setTimer(100, () => resolve(up))))
  const answer = running.call('services.checkNow', { name: 'a' }) as Promise<ServiceView>
  await running.clock.advance(200)
  expect(await answer).toMatchObject({ status: 'up', regions: [{ status: 'up', latencyMs: 5 }] })
  await running.stop()
})

test('a kind that is not there says nothing of the service: the trouble is our own', async () => {
  const scripted = scriptedKind()
  const first = await runServices({ kinds: [scripted.kind as never] })
  await first.call('services.create', { name: 'a', check: check('a'), intervalMs: 1_000 })
  await first.stop()
  const second = await runServices({ store: first.store, clock: first.clock })
  await second.clock.advance(10_000)
  expect(second.samples).toEqual([])
  expect(second.warnings).toContain('A check cannot be made; nothing is said of the service.')
  await second.stop()
})

test('storage that is away at the start brings its services when it is back; those of the configuration are checked meanwhile', async () => {
  const scripted = scriptedKind()
  const first = await runServices({ kinds: [scripted.kind as never] })
  await first.call('services.create', { name: 'stored', check: check('stored'), intervalMs: 1_000 })
  await first.stop()
  const running = await runServices({
    store: first.store,
    clock: first.clock,
    away: true,
    configured: { own: { check: check('own'), intervalMs: 1_000 } },
    kinds: [scripted.kind as never],
  })
  await running.clock.advance(10_000)
  expect(scripted.count('own')).toBeGreaterThan(8)
  expect(scripted.count('stored')).toBe(0)
  running.back()
  await running.clock.advance(3_000)
  expect(scripted.count('stored')).toBeGreaterThan(1)
  await running.stop()
})

test('a scheduler that does not take a schedule is asked again, with what is wanted by then', async () => {
  const clock = testClock()
  const scripted = scriptedKind()
  const scheduled = new Map<string, Schedule>()
  let isAway = true
  const ticks: CheckRunnerOptions['ticks'] = {
    put: async (schedules) => {
      if (isAway) throw new Error('redis is away')
      for (const schedule of schedules) scheduled.set(schedule.id, schedule)
    },
    remove: async (ids) => {
      if (isAway) throw new Error('redis is away')
      for (const id of ids) scheduled.delete(id)
    },
  }
  const kinds = new Map([['scripted', scripted.kind as never]])
  const samples: Sample[] = []
  const runner = createCheckRunner({
    ticks,
    kinds,
    guardedKinds: kinds,
    clock,
    random: () => 0.5,
    logger: silentLogger(),
    observe: (sample) => void samples.push(sample),
  })
  const entry = (name: string, intervalMs: number) => ({
    team: 'default',
    name,
    service: toService(name, { check: check(name), intervalMs }, 'stored'),
    probe: null,
    isChecked: true,
  })
  await runner.start([entry('a', 5_000), entry('b', 5_000)])
  runner.turned([{ team: 'default', name: 'a', before: entry('a', 5_000), after: entry('a', 9_000) }])
  runner.turned([{ team: 'default', name: 'b', before: entry('b', 5_000), after: null }])
  await clock.advance(12_000)
  expect(scheduled.size).toBe(0)
  isAway = false
  await clock.advance(5_000)
  expect([...scheduled.values()].map(({ id, everyMs }) => [id, everyMs])).toEqual([['check:default/a/default', 9_000]])
  isAway = true
  runner.turned([{ team: 'default', name: 'a', before: entry('a', 9_000), after: null }])
  await clock.advance(1_000)
  isAway = false
  await clock.advance(5_000)
  expect(scheduled.size).toBe(0)
  await runner.stop()
  expect(clock.pending).toBe(0)
})

test('services of the configuration are asked without the guard, entered ones with it', async () => {
  const free = scriptedKind()
  const guarded = scriptedKind()
  const running = await runServices({
    configured: { own: { check: check('own'), intervalMs: 1_000 } },
    kinds: [free.kind as never],
    guarded: [guarded.kind as never],
  })
  await running.call('services.create', { name: 'entered', check: check('entered'), intervalMs: 1_000 })
  await running.call('services.test', { check: check('tried') })
  await running.clock.advance(3_000)
  expect(new Set(free.asked.map(({ to }) => to))).toEqual(new Set(['own']))
  expect(new Set(guarded.asked.map(({ to }) => to))).toEqual(new Set(['entered', 'tried']))
  await running.stop()
})
