import assert from 'node:assert/strict'
import type { Group } from '../runner.ts'
import { hostileBodies, hostileNames } from '../storage/hostile-text.ts'
import { type Ran, type SchedulerContext, schedule } from './context.ts'

/** Every due time at most once, in order, each on the schedule's grid. */
const isOnGrid = (ran: readonly Ran[]): void => {
  for (const [index, { tick }] of ran.entries()) {
    const { everyMs, offsetMs } = tick.schedule
    assert.equal((tick.dueAt - offsetMs) % everyMs, 0, `${tick.dueAt} is no multiple of ${everyMs} past ${offsetMs}`)
    const before = ran[index - 1]
    if (before !== undefined) assert.ok(tick.dueAt > before.tick.dueAt, 'a due time comes once, in order')
  }
}

/** What runs when. */
export const ticks: Group<SchedulerContext> = {
  name: 'ticks',
  tests: {
    'nothing runs before start': async ({ scheduler, work, elapse }) => {
      const own = scheduler()
      await own.put([schedule({ id: 'a' })])
      await elapse(500)
      const worker = await work({ scheduler: own })
      assert.ok(worker.ran.length <= 1, 'what fell due before start is not made up for')
      await elapse(500)
      assert.ok(worker.ran.length >= 1, 'what was put before start runs after it')
    },

    'a tick comes at every due time, on the grid of its offset': async ({ work, elapse, now }) => {
      const worker = await work()
      const begin = now()
      await worker.scheduler.put([schedule({ id: 'a', everyMs: 200 }), schedule({ id: 'b', everyMs: 300, offsetMs: 123 })])
      await elapse(3_000)
      for (const [id, everyMs] of [
        ['a', 200],
        ['b', 300],
      ] as const) {
        const ran = worker.of(id)
        isOnGrid(ran)
        const due = 3_000 / everyMs
        assert.ok(ran.length >= due * 0.7 && ran.length <= due + 2, `${ran.length} ticks where ${due} were due`)
        for (const { tick, at } of ran)
          assert.ok(tick.dueAt >= begin - everyMs && tick.dueAt <= at + 5, 'a tick is due when it runs')
      }
    },

    'a tick carries its schedule as it was put': async ({ work, elapse }) => {
      const worker = await work()
      const payloads = Object.values(hostileBodies).filter((body) => body.length < 10_000)
      const put = hostileNames
        .filter((id) => id !== '')
        .map((id, index) =>
          schedule({
            id,
            kind: `kind ${id}`,
            payload: payloads[index % payloads.length] ?? '{}',
            everyMs: 1_000,
            offsetMs: index,
          }),
        )
      await worker.scheduler.put(put)
      await elapse(2_200)
      for (const one of put) {
        const [first] = worker.of(one.id)
        assert.deepEqual(first?.tick.schedule, one, JSON.stringify(one.id))
      }
    },

    'only the lanes it was started for': async ({ work, elapse }) => {
      const worker = await work({ lanes: ['east', 'west'] })
      await worker.scheduler.put([
        schedule({ id: 'e', lane: 'east' }),
        schedule({ id: 'w', lane: 'west' }),
        schedule({ id: 'n', lane: 'north' }),
        schedule({ id: 'ea', lane: 'eas' }),
      ])
      await elapse(700)
      assert.deepEqual([...new Set(worker.ran.map(({ tick }) => tick.schedule.id))].toSorted(), ['e', 'w'])
    },

    'each tick runs on exactly one worker': async ({ work, elapse }) => {
      const workers = [await work(), await work(), await work()]
      const schedules = Array.from({ length: 10 }, (_, index) => schedule({ id: `s${index}`, offsetMs: index * 20 }))
      // Every process puts what it knows of, as engines that reconcile do.
      for (const worker of workers) await worker.scheduler.put(schedules)
      await elapse(2_000)
      const all = workers.flatMap(({ ran }) => ran.map(({ tick }) => `${tick.schedule.id}@${tick.dueAt}`))
      assert.ok(all.length >= 50, `${all.length} ticks`)
      assert.equal(new Set(all).size, all.length, 'a tick ran twice')
    },

    'a run that takes long, or never ends, delays no other schedule': async ({ work, elapse }) => {
      let release = (): void => {}
      const endless = new Promise<void>((resolve) => {
        release = resolve
      })
      const worker = await work({ run: (tick) => (tick.schedule.id === 'slow' ? endless : Promise.resolve()) })
      await worker.scheduler.put([schedule({ id: 'slow' }), schedule({ id: 'quick', offsetMs: 50 })])
      await elapse(2_000)
      assert.ok(worker.of('quick').length >= 7, `${worker.of('quick').length} ticks`)
      release()
    },

    'a tick is ours while it runs, with a signal that stands still': async ({ work, elapse }) => {
      const confirmed: boolean[] = []
      const worker = await work({
        run: async (tick) => {
          confirmed.push(await tick.confirm())
        },
      })
      await worker.scheduler.put([schedule({ id: 'a' })])
      await elapse(700)
      assert.ok(confirmed.length >= 1 && confirmed.every(Boolean))
      assert.ok(worker.ran.every(({ tick }) => !tick.signal.aborted))
    },

    'a tick that another worker took over is no longer ours, and the next has a higher fence': async ({
      subject,
      work,
      elapse,
    }) => {
      assert.ok(subject.takeOver !== undefined, 'the factory has no other worker take over (`takeOver`)')
      const confirmed: Promise<boolean>[] = []
      let release = (): void => {}
      const frozen = new Promise<void>((resolve) => {
        release = resolve
      })
      const worker = await work({
        run: async (tick) => {
          await frozen
          confirmed.push(tick.confirm())
        },
      })
      await worker.scheduler.put([schedule({ id: 'a', everyMs: 400 })])
      for (let turn = 0; turn < 20 && worker.ran.length === 0; turn++) await elapse(50)
      const before = worker.ran.length
      assert.ok(before >= 1)
      await subject.takeOver('a')
      release()
      await elapse(0)
      assert.deepEqual(
        await Promise.all(confirmed.slice(0, before)),
        Array.from({ length: before }, () => false),
      )
      const successor = await work()
      await successor.scheduler.put([schedule({ id: 'a', everyMs: 400 })])
      await elapse(1_500)
      const later = [...worker.ran.slice(before), ...successor.ran].map(({ tick }) => tick.fence)
      const earlier = worker.ran.slice(0, before).map(({ tick }) => tick.fence)
      assert.ok(later.length >= 1 && Math.min(...later) > Math.max(...earlier), `${later.join(', ')} after ${earlier.join(', ')}`)
    },

    'a fence is a number that grows from one owner to the next': async ({ work, elapse }) => {
      let last = -1
      for (let start = 0; start < 3; start++) {
        const worker = await work()
        await worker.scheduler.put([schedule({ id: 'a' })])
        await elapse(500)
        const fences = worker.ran.map(({ tick }) => tick.fence)
        assert.ok(fences.length >= 1 && fences.every((fence) => Number.isFinite(fence) && fence >= 0))
        assert.ok(Math.min(...fences) > last, `${fences.join(', ')} after ${last}`)
        last = Math.max(...fences)
        await worker.scheduler.close()
      }
    },
  },
}

/** What happens when time does not. */
export const missedTicks: Group<SchedulerContext> = {
  name: 'missed ticks',
  tests: {
    'ticks missed by a blocked process are skipped, not made up for': async ({ work, elapse, block }) => {
      const worker = await work()
      await worker.scheduler.put(Array.from({ length: 20 }, (_, index) => schedule({ id: `s${index}`, offsetMs: index * 10 })))
      await elapse(500)
      const before = worker.ran.length
      block(2_000)
      await elapse(150)
      const burst = worker.ran.length - before
      assert.ok(burst <= 40, `${burst} ticks of 20 schedules at once after a block of ten intervals`)
      await elapse(1_000)
      for (let index = 0; index < 20; index++) {
        const ran = worker.of(`s${index}`)
        isOnGrid(ran)
        assert.ok(ran.length >= 3, 'it goes on')
      }
    },

    'a step of the wall clock makes neither a burst nor a stall': async ({ subject, work, elapse, now }) => {
      assert.ok(subject.stepWallClock !== undefined, 'the factory cannot step the wall clock (`stepWallClock`)')
      const worker = await work()
      const everyMs = [200, 230, 1_000]
      await worker.scheduler.put(
        everyMs.map((every, index) => schedule({ id: `s${index}`, everyMs: every, offsetMs: index * 7 })),
      )
      await elapse(2_000)
      for (const step of [3_600_000, -3_600_000, 3_600_077, -7_200_123, 90_000_000]) {
        subject.stepWallClock(step)
        const from = worker.ran.length
        await elapse(5_000)
        for (const [index, every] of everyMs.entries()) {
          const ran = worker.ran.slice(from).filter(({ tick }) => tick.schedule.id === `s${index}`)
          const due = 5_000 / every
          assert.ok(
            ran.length >= due * 0.7 - 2 && ran.length <= due + 2,
            `${ran.length} ticks where ${due} were due, after a step of ${step} ms`,
          )
          for (const [at, { monotonic }] of ran.entries()) {
            const earlier = ran[at - 1]
            if (earlier !== undefined) assert.ok(monotonic - earlier.monotonic >= every * 0.5, 'two ticks at once')
          }
          const last = ran.at(-1)
          assert.ok(
            last !== undefined && Math.abs(now() - last.tick.dueAt) < 3 * every + 1_000,
            'due times follow the wall clock',
          )
        }
      }
    },
  },
}
