import assert from 'node:assert/strict'
import type { Schedule } from '@sightline/core/ports'
import { rejectsWith } from '../rejection.ts'
import type { Group } from '../runner.ts'
import { hostileNames } from '../storage/hostile-text.ts'
import { readAll } from '../storage/listing.ts'
import { type SchedulerContext, schedule } from './context.ts'
import { missedTicks, ticks } from './ticks.ts'

const changes: Group<SchedulerContext> = {
  name: 'changes',
  tests: {
    'an unchanged schedule keeps its rhythm, however often it is put': async ({ work, elapse, now }) => {
      const worker = await work()
      const from = now()
      const kept = schedule({ id: 'a', everyMs: 400 })
      for (let turn = 0; turn < 30; turn++) {
        await worker.scheduler.put([kept])
        await elapse(100)
      }
      const dueAts = worker.ran.map(({ tick }) => tick.dueAt)
      // A busy machine takes longer over it.
      const due = (now() - from) / 400
      assert.ok(dueAts.length >= 5 && dueAts.length <= due + 2, `${dueAts.length} ticks where ${due} were due`)
      assert.equal(new Set(dueAts).size, dueAts.length)
    },

    'a schedule that is put again is replaced by id': async ({ work, elapse }) => {
      const worker = await work()
      await worker.scheduler.put([schedule({ id: 'a', payload: '1' })])
      await elapse(500)
      await worker.scheduler.put([schedule({ id: 'a', payload: '2' })])
      const from = worker.ran.length
      await elapse(1_000)
      const later = worker.ran.slice(from + 1)
      assert.ok(later.length >= 2)
      assert.ok(later.every(({ tick }) => tick.schedule.payload === '2'))
      assert.deepEqual(await readAll((page) => worker.scheduler.list(page)), [schedule({ id: 'a', payload: '2' })])
    },

    'a new interval holds from then on': async ({ work, elapse }) => {
      const worker = await work()
      await worker.scheduler.put([schedule({ id: 'a', everyMs: 3_600_000 })])
      await elapse(300)
      await worker.scheduler.put([schedule({ id: 'a', everyMs: 250 })])
      await elapse(1_500)
      assert.ok(worker.ran.length >= 3, `${worker.ran.length} ticks`)
      await worker.scheduler.put([schedule({ id: 'a', everyMs: 3_600_000 })])
      const from = worker.ran.length
      await elapse(1_000)
      assert.ok(worker.ran.length - from <= 1, 'the old interval is over')
    },

    'a schedule that goes to another lane leaves this one': async ({ work, elapse }) => {
      const worker = await work()
      await worker.scheduler.put([schedule({ id: 'a' })])
      await elapse(500)
      await worker.scheduler.put([schedule({ id: 'a', lane: 'west' })])
      const from = worker.ran.length
      await elapse(600)
      assert.equal(worker.ran.length, from)
    },

    'no tick of a removed schedule starts afterwards, and its running ticks are aborted': async ({ work, elapse }) => {
      const aborted: string[] = []
      const worker = await work({
        run: (tick) =>
          new Promise((resolve) => {
            tick.signal.addEventListener('abort', () => {
              aborted.push(tick.schedule.id)
              resolve()
            })
          }),
      })
      await worker.scheduler.put([schedule({ id: 'a', everyMs: 400 }), schedule({ id: 'b', everyMs: 400 })])
      await elapse(600)
      assert.ok(worker.of('a').length >= 1)
      await worker.scheduler.remove(['a', 'none'])
      const count = worker.of('a').length
      await elapse(900)
      assert.equal(worker.of('a').length, count)
      assert.ok(worker.of('b').length >= 2, 'others go on')
      assert.equal(aborted.filter((id) => id === 'a').length, count)
      assert.equal(aborted.includes('b'), false)
    },

    'a schedule that is removed before start never runs': async ({ scheduler, work, elapse }) => {
      const own = scheduler()
      await own.put([schedule({ id: 'a' }), schedule({ id: 'b' })])
      await own.remove(['a'])
      const worker = await work({ scheduler: own })
      await elapse(500)
      assert.equal(worker.of('a').length, 0)
      assert.ok(worker.of('b').length >= 1)
    },

    'a schedule that is no schedule is refused': async ({ scheduler }) => {
      const own = scheduler()
      const bad: readonly Partial<Schedule>[] = [
        { everyMs: 0 },
        { everyMs: -1 },
        { everyMs: Number.NaN },
        { offsetMs: -1 },
        { offsetMs: 200 },
      ]
      for (const part of bad)
        await rejectsWith('INVALID_INPUT', () => own.put([schedule({ id: 'good' }), schedule({ id: 'bad', ...part })]))
      assert.deepEqual(await readAll((page) => own.list(page)), [])
    },
  },
}

const listing: Group<SchedulerContext> = {
  name: 'listing',
  tests: {
    'every schedule once, as it was put, in pages': async ({ scheduler }) => {
      const own = scheduler()
      const put = hostileNames
        .filter((id) => id !== '')
        .map((id, index) => schedule({ id, payload: String(index), lane: `lane ${index % 3}` }))
      await own.put(put)
      const byId = (a: Schedule, b: Schedule): number => (a.id < b.id ? -1 : 1)
      for (const limit of [1, 7, 1_000]) {
        const listed = await readAll((page) => own.list(page), { limit })
        assert.deepEqual(listed.toSorted(byId), put.toSorted(byId))
      }
    },

    'nothing is an empty page': async ({ scheduler }) => {
      assert.deepEqual(await readAll((page) => scheduler().list(page)), [])
    },

    'what stays is listed once while others come and go': async ({ scheduler }) => {
      const own = scheduler()
      const stays = Array.from({ length: 20 }, (_, index) => `stays-${String(index).padStart(2, '0')}`)
      await own.put(stays.map((id) => schedule({ id })))
      const listed = await readAll((page) => own.list(page), {
        limit: 3,
        between: async (round) => {
          await own.put([schedule({ id: `a-${round}` }), schedule({ id: `stays-05-${round}` }), schedule({ id: `z-${round}` })])
          await own.remove([`a-${round - 1}`, `stays-05-${round - 1}`])
        },
      })
      assert.deepEqual(
        listed
          .map(({ id }) => id)
          .filter((id) => stays.includes(id))
          .toSorted(),
        stays,
      )
    },

    'a bad limit and a foreign cursor are refused': async ({ scheduler }) => {
      const own = scheduler()
      await own.put([schedule({ id: 'a' }), schedule({ id: 'b' })])
      for (const limit of [0, -1, 0.5]) await rejectsWith('INVALID_INPUT', () => own.list({ limit }))
      for (const cursor of ['', 'garbage', '[]']) await rejectsWith('INVALID_INPUT', () => own.list({ limit: 1, cursor }))
    },
  },
}

const lifecycle: Group<SchedulerContext> = {
  name: 'lifecycle',
  tests: {
    'a scheduler has a name': async ({ scheduler }) => {
      assert.ok(scheduler().name.length > 0)
    },

    'close aborts running ticks, waits until they have settled, and starts no more': async ({ work, elapse }) => {
      let settled = 0
      const worker = await work({
        run: async (tick) => {
          await new Promise<void>((resolve) => {
            tick.signal.addEventListener('abort', () => resolve())
          })
          // Clearing up after an abort takes a moment.
          await new Promise((resolve) => setTimeout(resolve, 30))
          settled++
        },
      })
      await worker.scheduler.put([schedule({ id: 'a' }), schedule({ id: 'b' })])
      await elapse(500)
      const started = worker.ran.length
      assert.ok(started >= 2)
      await worker.scheduler.close()
      assert.equal(settled, started, 'every running tick has settled')
      await elapse(600)
      assert.equal(worker.ran.length, started)
    },

    'close may be called again, at once, and before start': async ({ scheduler, work, elapse }) => {
      const worker = await work()
      await worker.scheduler.put([schedule({ id: 'a' })])
      await elapse(300)
      await Promise.all([worker.scheduler.close(), worker.scheduler.close()])
      await worker.scheduler.close()
      await scheduler().close()
    },
  },
}

/** Every group of the scheduler suite. */
export const schedulerGroups: readonly Group<SchedulerContext>[] = [ticks, missedTicks, changes, listing, lifecycle]
