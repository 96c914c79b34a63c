import { schedulerConformance } from '@sightline/conformance'
import { describe, expect, test } from 'vitest'
import { timerScheduler } from '../../src/memory/index.ts'
import type { Tick } from '../../src/ports/scheduler.ts'
import { testClock } from '../../src/testing/fake-clock.ts'

schedulerConformance({
  name: 'timer',
  runner: { describe, test },
  open: async () => {
    const clock = testClock()
    return {
      scheduler: () => timerScheduler({ clock }),
      elapse: (ms) => clock.advance(ms),
      block: (ms) => clock.stall(ms),
      stepWallClock: (ms) => clock.step(ms),
      clock,
      dispose: async () => {},
    }
  },
  exceptions: [
    {
      test: 'ticks: each tick runs on exactly one worker',
      reason: 'it schedules for one process; several need a shared scheduler',
    },
    {
      test: 'ticks: a tick that another worker took over is no longer ours, and the next has a higher fence',
      reason: 'there is no other worker',
    },
  ],
})

describe('timerScheduler', () => {
  const schedule = (id: string, everyMs: number, offsetMs = 0) => ({
    id,
    kind: 'poll',
    payload: '{}',
    everyMs,
    offsetMs,
    lane: 'east',
  })

  test('runs on the real clock as well, and stops with it', async () => {
    const ran: number[] = []
    const scheduler = timerScheduler()
    await scheduler.put([schedule('a', 40)])
    await scheduler.start({ lanes: ['east'], run: async ({ dueAt }) => void ran.push(dueAt) })
    await new Promise((resolve) => setTimeout(resolve, 500))
    await scheduler.close()
    const count = ran.length
    expect(count).toBeGreaterThanOrEqual(3)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(ran).toHaveLength(count)
  })

  test('has one timer, whatever the number of schedules, and none without any', async () => {
    const clock = testClock()
    const scheduler = timerScheduler({ clock })
    await scheduler.start({ lanes: ['east'], run: async () => {} })
    expect(clock.pending).toBe(0)
    await scheduler.put(Array.from({ length: 500 }, (_, index) => schedule(`s${index}`, 1_000, index)))
    expect(clock.pending).toBe(1)
    await clock.advance(2_500)
    expect(clock.pending).toBe(1)
    await scheduler.close()
    expect(clock.pending).toBe(0)
  })

  test('a wall clock that steps costs a schedule less than one tick', async () => {
    const clock = testClock()
    const scheduler = timerScheduler({ clock })
    const ran: { readonly id: string; readonly at: number; readonly dueAt: number }[] = []
    await scheduler.put([schedule('a', 7_000, 100), schedule('b', 1_000, 900)])
    await scheduler.start({
      lanes: ['east'],
      run: async ({ schedule: { id }, dueAt }) => void ran.push({ id, at: clock.monotonic(), dueAt }),
    })
    for (const step of [3_600_000, -3_600_000, 12_345, -98_765]) {
      clock.step(step)
      await clock.advance(70_000)
    }
    for (const [id, everyMs] of [
      ['a', 7_000],
      ['b', 1_000],
    ] as const) {
      const own = ran.filter((each) => each.id === id)
      for (const [index, { at }] of own.entries()) {
        const before = own[index - 1]
        if (before === undefined) continue
        expect(at - before.at).toBeGreaterThanOrEqual(everyMs)
        expect(at - before.at).toBeLessThan(2 * everyMs)
      }
    }
    expect(clock.now() - (ran.at(-1)?.dueAt ?? 0)).toBeLessThan(1_000)
  })

  test('a tick less than half an interval late runs, a later one is skipped', async () => {
    const clock = testClock({ now: 1_000_000_000_000 })
    const scheduler = timerScheduler({ clock })
    const dueAts: number[] = []
    await scheduler.put([schedule('a', 1_000)])
    await scheduler.start({ lanes: ['east'], run: async ({ dueAt }) => void dueAts.push(dueAt - 1_000_000_000_000) })
    await clock.advance(500)
    clock.stall(900)
    await clock.advance(600)
    clock.stall(1_500)
    await clock.advance(1_500)
    expect(dueAts).toEqual([0, 1_000, 2_000, 4_000, 5_000])
  })

  test('a run that rejects or throws, against its promise, stops nothing', async () => {
    const clock = testClock()
    const scheduler = timerScheduler({ clock })
    let count = 0
    await scheduler.put([schedule('a', 100)])
    await scheduler.start({
      lanes: ['east'],
      run: () => {
        count++
        if (count % 2 === 0) throw new Error('thrown')
        return Promise.reject(new Error('rejected'))
      },
    })
    await clock.advance(1_000)
    expect(count).toBeGreaterThanOrEqual(10)
    await scheduler.close()
  })

  test('ticks under the fence of the moment, and not at all while another process is to', async () => {
    const clock = testClock()
    let fence: number | null = 42
    const scheduler = timerScheduler({ clock, fence: () => fence })
    const ticks: Tick[] = []
    await scheduler.put([schedule('a', 100)])
    await scheduler.start({ lanes: ['east'], run: async (tick) => void ticks.push(tick) })
    await clock.advance(500)
    expect(new Set(ticks.map((tick) => tick.fence))).toEqual(new Set([42]))
    expect(await ticks[0]?.confirm()).toBe(true)
    const count = ticks.length
    fence = null
    await clock.advance(1_000)
    expect(ticks.length).toBe(count)
    expect(await ticks[0]?.confirm()).toBe(false)
    fence = 43
    await clock.advance(500)
    expect(ticks.length).toBe(count + 5)
    expect(ticks.at(-1)?.fence).toBe(43)
    await expect(scheduler.start({ lanes: [], run: async () => {} })).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  })

  test('the cost of a tick is flat up to 10,000 schedules', async () => {
    const costPerTick = async (count: number): Promise<number> => {
      const clock = testClock()
      const scheduler = timerScheduler({ clock })
      let ticks = 0
      await scheduler.put(Array.from({ length: count }, (_, index) => schedule(`s${index}`, 1_000, index % 1_000)))
      await scheduler.start({
        lanes: ['east'],
        run: async () => {
          ticks++
        },
      })
      await clock.advance(1_000)
      ticks = 0
      const before = process.cpuUsage()
      // Stalls of 100 ms make one firing of a hundredth of all schedules: what is measured is the heap, not the fake clock.
      for (let turn = 0; turn < 50; turn++) {
        clock.stall(100)
        await clock.advance(0)
      }
      const { user, system } = process.cpuUsage(before)
      await scheduler.close()
      expect(ticks).toBeGreaterThan(count * 4)
      return (user + system) / ticks
    }
    await costPerTick(1_000)
    const [small, large] = [await costPerTick(1_000), await costPerTick(10_000)]
    // A list searched linearly would cost ten times as much; the rest is room for a noisy machine.
    expect(large / small).toBeLessThan(4)
  })
})
