import assert from 'node:assert/strict'
import type { Leases } from '@sightline/core/ports'
import type { Group } from '../runner.ts'
import { hostileNames } from '../storage/hostile-text.ts'

export interface LeasesContext {
  readonly leases: Leases
  /** As another process, or the same after a restart, has them. */
  another(): Promise<Leases>
  elapse(ms: number): Promise<void>
}

const long = 600_000

const fenceOf = async (leases: Leases, name: string, holder: string, ttlMs = long): Promise<number> => {
  const lease = await leases.acquire(name, holder, ttlMs)
  assert.ok(lease !== null, `${holder} could not acquire ${name}`)
  assert.ok(Number.isSafeInteger(lease.fence) && lease.fence >= 0, `a fence is a whole number, not ${lease.fence}`)
  return lease.fence
}

const holding: Group<LeasesContext> = {
  name: 'holding',
  tests: {
    'one holder at a time': async ({ leases, another }) => {
      const other = await another()
      await fenceOf(leases, 'a', 'one')
      assert.equal(await leases.acquire('a', 'two', long), null)
      assert.equal(await other.acquire('a', 'two', long), null)
    },

    'acquiring what one holds keeps its fence and prolongs it': async ({ leases, another, elapse }) => {
      const fence = await fenceOf(leases, 'a', 'one', 1_000)
      await elapse(700)
      assert.equal(await fenceOf(leases, 'a', 'one', 1_000), fence)
      await elapse(700)
      assert.equal(await (await another()).acquire('a', 'two', long), null, 'it was prolonged')
      assert.equal(await fenceOf(leases, 'a', 'one', 1_000), fence)
    },

    'a lease runs out': async ({ leases, another, elapse }) => {
      const other = await another()
      const first = await fenceOf(leases, 'a', 'one', 300)
      await elapse(400)
      const second = await fenceOf(other, 'a', 'two')
      assert.ok(second > first, `${second} after ${first}`)
      assert.equal(await leases.acquire('a', 'one', long), null, 'its old holder finds it taken')
    },

    'a released lease is free at once': async ({ leases, another }) => {
      const other = await another()
      const first = await fenceOf(leases, 'a', 'one')
      await leases.release('a', 'one')
      const second = await fenceOf(other, 'a', 'two')
      assert.ok(second > first, `${second} after ${first}`)
    },

    "releasing another's lease, or none, does nothing": async ({ leases }) => {
      await leases.release('a', 'two')
      const fence = await fenceOf(leases, 'a', 'one')
      await leases.release('a', 'two')
      assert.equal(await leases.acquire('a', 'two', long), null)
      assert.equal(await fenceOf(leases, 'a', 'one'), fence)
    },

    'a late release of a lost lease does not free its successor’s': async ({ leases, elapse }) => {
      await fenceOf(leases, 'a', 'one', 200)
      await elapse(300)
      await fenceOf(leases, 'a', 'two')
      await leases.release('a', 'one')
      assert.equal(await leases.acquire('a', 'three', long), null)
    },

    'names are leases of their own': async ({ leases }) => {
      for (const [index, name] of hostileNames.entries()) await fenceOf(leases, name, `holder-${index}`)
      for (const [index, name] of hostileNames.entries()) {
        assert.equal(await leases.acquire(name, 'nobody', long), null, JSON.stringify(name))
        await fenceOf(leases, name, `holder-${index}`)
      }
    },

    'holders are who they are, to the character': async ({ leases }) => {
      for (const [index, holder] of hostileNames.entries()) {
        await fenceOf(leases, `lease-${index}`, holder)
        for (const other of [`${holder} `, `${holder}a`, 'nobody'])
          assert.equal(await leases.acquire(`lease-${index}`, other, long), null)
      }
    },
  },
}

const fences: Group<LeasesContext> = {
  name: 'fences',
  tests: {
    'fences grow with every change of holder': async ({ leases, another, elapse }) => {
      const all = [leases, await another()]
      let last = -1
      for (let turn = 0; turn < 8; turn++) {
        const holder = `holder-${turn % 3}`
        const own = all[turn % 2] ?? leases
        const fence = await fenceOf(own, 'a', holder, 150)
        assert.ok(fence > last, `${fence} after ${last}`)
        last = fence
        if (turn % 2 === 0) await own.release('a', holder)
        else await elapse(200)
      }
    },

    'fences grow over a restart of every process': async ({ leases, another, elapse }) => {
      const before = await fenceOf(leases, 'a', 'one', 200)
      await elapse(300)
      const restarted = await another()
      const after = await fenceOf(restarted, 'a', 'two')
      assert.ok(after > before, `${after} after ${before}`)
      await restarted.release('a', 'two')
      const again = await fenceOf(await another(), 'a', 'three')
      assert.ok(again > after, `${again} after ${after}`)
    },

    'a holder that comes back never gets a lower fence': async ({ leases, elapse }) => {
      const first = await fenceOf(leases, 'a', 'one', 200)
      await elapse(300)
      const second = await fenceOf(leases, 'a', 'one')
      assert.ok(second >= first)
      await leases.release('a', 'one')
      const third = await fenceOf(leases, 'a', 'one')
      assert.ok(third > second, 'between a release and a new lease others may have held it')
    },
  },
}

const races: Group<LeasesContext> = {
  name: 'races',
  tests: {
    'of racers for a free lease exactly one gets it': async ({ leases, another, elapse }) => {
      const all = [leases, await another()]
      for (const freed of ['never held', 'released', 'run out']) {
        if (freed === 'released') {
          await fenceOf(leases, freed, 'before')
          await leases.release(freed, 'before')
        }
        if (freed === 'run out') {
          await fenceOf(leases, freed, 'before', 100)
          await elapse(200)
        }
        const answers = await Promise.all(
          Array.from({ length: 16 }, (_, racer) => (all[racer % 2] ?? leases).acquire(freed, `racer-${racer}`, long)),
        )
        assert.equal(answers.filter((lease) => lease !== null).length, 1, freed)
      }
    },

    'a holder that asks several times at once holds it': async ({ leases }) => {
      const first = await Promise.all(Array.from({ length: 8 }, () => leases.acquire('a', 'one', long)))
      const fences = first.map((lease) => lease?.fence)
      assert.equal(new Set(fences).size, 1, `one lease has one fence, not ${fences.join(', ')}`)
      assert.notEqual(fences[0], undefined)
    },

    'no two ever hold one lease with one fence': async ({ leases, another }) => {
      const all = [leases, await another(), await another()]
      const seen = new Map<number, string>()
      await Promise.all(
        all.map(async (own, index) => {
          const holder = `holder-${index}`
          for (let turn = 0; turn < 10; turn++) {
            const lease = await own.acquire('a', holder, long)
            if (lease === null) {
              await new Promise((resolve) => setImmediate(resolve))
              continue
            }
            assert.equal(seen.get(lease.fence) ?? holder, holder, 'two holders with one fence')
            seen.set(lease.fence, holder)
            await own.release('a', holder)
          }
        }),
      )
      assert.ok(seen.size > 0)
    },
  },
}

/** Every group of the leases suite. */
export const leasesGroups: readonly Group<LeasesContext>[] = [holding, fences, races]
