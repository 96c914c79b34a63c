import assert from 'node:assert/strict'
import type { Group } from '../runner.ts'
import { hostileBodies, hostileNames } from '../storage/hostile-text.ts'
import type { CacheContext } from './context.ts'

const long = { ttlMs: 600_000 }

const values: Group<CacheContext> = {
  name: 'values',
  tests: {
    'a cache has a name': async ({ cache }) => {
      assert.ok(cache.name.length > 0)
    },

    'what was never set is null': async ({ cache }) => {
      assert.equal(await cache.get('none'), null)
    },

    'what was set is what comes back, and is replaced by the next': async ({ cache }) => {
      assert.equal(await cache.set('a', '{"n":1}', long), true)
      assert.equal(await cache.get('a'), '{"n":1}')
      assert.equal(await cache.set('a', '{"n":2}', long), true)
      assert.equal(await cache.get('a'), '{"n":2}')
    },

    'a value survives as the very characters': async ({ cache }) => {
      for (const [what, body] of Object.entries(hostileBodies)) {
        await cache.set('a', body, long)
        assert.ok((await cache.get('a')) === body, what)
      }
    },

    'keys stay apart': async ({ cache }) => {
      for (const [index, key] of hostileNames.entries()) await cache.set(key, String(index), long)
      for (const [index, key] of hostileNames.entries()) assert.equal(await cache.get(key), String(index), JSON.stringify(key))
    },

    'what is deleted is null; deleting what is not there is no error': async ({ cache }) => {
      await cache.set('a', '1', long)
      await cache.set('b', '2', long)
      await cache.delete('a')
      await cache.delete('a')
      await cache.delete('none')
      assert.equal(await cache.get('a'), null)
      assert.equal(await cache.get('b'), '2')
    },

    'another process of the installation has the same values': async ({ cache, another }) => {
      const other = another()
      await cache.set('a', '1', long)
      assert.equal(await other.get('a'), '1')
      await other.delete('a')
      assert.equal(await cache.get('a'), null)
      await cache.close()
      await other.set('b', '2', long)
      assert.equal(await other.get('b'), '2')
    },
  },
}

const expiry: Group<CacheContext> = {
  name: 'time to live',
  tests: {
    'a value is null once its time is over, and not before': async ({ cache, elapse }) => {
      await cache.set('short', '1', { ttlMs: 400 })
      await cache.set('long', '2', long)
      assert.equal(await cache.get('short'), '1')
      await elapse(500)
      assert.equal(await cache.get('short'), null)
      assert.equal(await cache.get('long'), '2')
    },

    'setting again begins a new time': async ({ cache, elapse }) => {
      await cache.set('prolonged', '1', { ttlMs: 1_000 })
      await cache.set('shortened', '1', long)
      await cache.set('prolonged', '2', { ttlMs: 60_000 })
      await cache.set('shortened', '2', { ttlMs: 200 })
      await elapse(1_100)
      assert.equal(await cache.get('prolonged'), '2')
      assert.equal(await cache.get('shortened'), null)
    },
  },
}

const absence: Group<CacheContext> = {
  name: 'only where absent',
  tests: {
    'sets where there is nothing, and leaves a live value as it is': async ({ cache, elapse }) => {
      assert.equal(await cache.set('a', '1', { ttlMs: 600, ifAbsent: true }), true)
      assert.equal(await cache.set('a', '2', { ttlMs: 600_000, ifAbsent: true }), false)
      assert.equal(await cache.get('a'), '1')
      await elapse(700)
      assert.equal(await cache.get('a'), null, 'its time was not prolonged either')
    },

    'sets where the value has expired or was deleted': async ({ cache, elapse }) => {
      await cache.set('expired', '1', { ttlMs: 100 })
      await cache.set('deleted', '1', long)
      await elapse(200)
      await cache.delete('deleted')
      assert.equal(await cache.set('expired', '2', { ...long, ifAbsent: true }), true)
      assert.equal(await cache.set('deleted', '2', { ...long, ifAbsent: true }), true)
      assert.equal(await cache.get('expired'), '2')
      assert.equal(await cache.get('deleted'), '2')
    },

    'of racers exactly one wins, and its value stands': async ({ cache }) => {
      for (let round = 0; round < 5; round++) {
        const key = `race-${round}`
        const won = await Promise.all(
          Array.from({ length: 20 }, (_, racer) => cache.set(key, String(racer), { ...long, ifAbsent: true })),
        )
        assert.equal(won.filter(Boolean).length, 1)
        assert.equal(await cache.get(key), String(won.indexOf(true)))
      }
    },

    'without it a value is replaced, whatever stands there': async ({ cache }) => {
      await cache.set('a', '1', { ...long, ifAbsent: true })
      assert.equal(await cache.set('a', '2', { ...long, ifAbsent: false }), true)
      assert.equal(await cache.get('a'), '2')
    },
  },
}

const lifecycle: Group<CacheContext> = {
  name: 'lifecycle',
  tests: {
    'close may be called again, and at once': async ({ cache }) => {
      await cache.set('a', '1', long)
      await Promise.all([cache.close(), cache.close()])
      await cache.close()
    },
  },
}

/** Every group of the cache suite. */
export const cacheGroups: readonly Group<CacheContext>[] = [values, expiry, absence, lifecycle]
