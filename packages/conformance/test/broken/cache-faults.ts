import { memoryCache } from '@sightline/core'
import type { Cache } from '@sightline/core/ports'
import { testClock } from '@sightline/core/testing'
import { type CacheSubject, cacheConformance } from '../../src/index.ts'
import { pause } from './fault.ts'
import { type RecordedTest, recordingRunner } from './recording-runner.ts'

export interface CacheFault {
  readonly breaks: string
  readonly noticedBy: readonly string[]
  /** Called once an installation. */
  readonly wrap: () => (cache: Cache) => Cache
}

const broken = (breaks: string, noticedBy: readonly string[], change: (cache: Cache) => Partial<Cache>): CacheFault => ({
  breaks,
  noticedBy,
  wrap: () => (cache) => ({ ...cache, ...change(cache) }),
})

export const cacheFaults: readonly CacheFault[] = [
  broken('a cache has no name', ['values: a cache has a name'], () => ({ name: '' })),
  broken(
    'what was never set reads as an empty text',
    ['values: what was never set is null', 'values: what is deleted is null; deleting what is not there is no error'],
    (cache) => ({
      get: async (key) => (await cache.get(key)) ?? '',
    }),
  ),
  broken(
    'what is set is never found',
    [
      'values: what was set is what comes back, and is replaced by the next',
      'time to live: a value is null once its time is over, and not before',
    ],
    () => ({
      get: async () => null,
    }),
  ),
  broken('values are parsed and written again', ['values: a value survives as the very characters'], (cache) => ({
    set: (key, value, options) => cache.set(key, JSON.stringify(JSON.parse(value)), options),
  })),
  broken('keys are compared without case', ['values: keys stay apart'], (cache) => ({
    get: (key) => cache.get(key.toLowerCase()),
    set: (key, value, options) => cache.set(key.toLowerCase(), value, options),
  })),
  broken(
    'a deletion takes every key along',
    ['values: what is deleted is null; deleting what is not there is no error'],
    (cache) => {
      let isEmptied = false
      return {
        get: async (key) => (isEmptied ? null : cache.get(key)),
        delete: async () => {
          isEmptied = true
        },
      }
    },
  ),
  broken(
    'deleting what is not there is an error',
    ['values: what is deleted is null; deleting what is not there is no error'],
    (cache) => ({
      delete: async (key) => {
        if ((await cache.get(key)) === null) throw new Error('not found')
        return cache.delete(key)
      },
    }),
  ),
  {
    breaks: 'every process has values of its own',
    noticedBy: ['values: another process of the installation has the same values'],
    wrap: () => () => memoryCache(),
  },
  {
    breaks: 'one that closes takes the values of all along',
    noticedBy: ['values: another process of the installation has the same values'],
    wrap: () => {
      let isClosed = false
      return (cache) => ({
        ...cache,
        get: async (key) => (isClosed ? null : cache.get(key)),
        close: async () => {
          isClosed = true
        },
      })
    },
  },
  broken(
    'values live for ever',
    [
      'time to live: a value is null once its time is over, and not before',
      'time to live: setting again begins a new time',
      'only where absent: sets where the value has expired or was deleted',
    ],
    (cache) => ({
      set: (key, value, options) => cache.set(key, value, { ...options, ttlMs: 1e12 }),
    }),
  ),
  broken(
    'times to live are taken for seconds',
    ['time to live: a value is null once its time is over, and not before'],
    (cache) => ({
      set: (key, value, options) => cache.set(key, value, { ...options, ttlMs: options.ttlMs * 1_000 }),
    }),
  ),
  {
    breaks: 'setting again leaves the first time to live',
    noticedBy: ['time to live: setting again begins a new time'],
    wrap: () => {
      const first = new Map<string, number>()
      return (cache) => ({
        ...cache,
        set: async (key, value, options) => {
          const ttlMs = first.get(key) ?? options.ttlMs
          first.set(key, ttlMs)
          return cache.set(key, value, { ...options, ttlMs })
        },
      })
    },
  },
  broken(
    'a live value is replaced where only an absent one should be set',
    [
      'only where absent: sets where there is nothing, and leaves a live value as it is',
      'only where absent: of racers exactly one wins, and its value stands',
    ],
    (cache) => ({
      set: (key, value, { ttlMs }) => cache.set(key, value, { ttlMs }),
    }),
  ),
  broken(
    'a value that is left as it is lives longer',
    ['only where absent: sets where there is nothing, and leaves a live value as it is'],
    (cache) => ({
      set: async (key, value, options) => {
        const current = await cache.get(key)
        if (options.ifAbsent !== true || current === null) return cache.set(key, value, options)
        await cache.set(key, current, { ttlMs: options.ttlMs })
        return false
      },
    }),
  ),
  broken(
    'looking and setting are two steps: two racers win',
    ['only where absent: of racers exactly one wins, and its value stands'],
    (cache) => ({
      set: async (key, value, options) => {
        const current = await cache.get(key)
        await pause()
        if (options.ifAbsent === true && current !== null) return false
        return cache.set(key, value, { ttlMs: options.ttlMs })
      },
    }),
  ),
  broken(
    'a value is never replaced',
    [
      'only where absent: without it a value is replaced, whatever stands there',
      'values: what was set is what comes back, and is replaced by the next',
    ],
    (cache) => ({
      set: (key, value, { ttlMs }) => cache.set(key, value, { ttlMs, ifAbsent: true }),
    }),
  ),
  broken('an expired key stays taken', ['only where absent: sets where the value has expired or was deleted'], (cache) => {
    const taken = new Set<string>()
    return {
      set: async (key, value, options) => {
        if (options.ifAbsent === true && taken.has(key)) return false
        taken.add(key)
        return cache.set(key, value, options)
      },
    }
  }),
  broken('a second close rejects', ['lifecycle: close may be called again, and at once'], (cache) => {
    let isClosed = false
    return {
      close: async () => {
        if (isClosed) throw new Error('closed already')
        isClosed = true
        return cache.close()
      },
    }
  }),
]

/** Processes that share one cache in memory. */
const memoryInstallation = (wrap: (cache: Cache) => Cache = (cache) => cache): CacheSubject => {
  const clock = testClock()
  const shared = memoryCache({ clock })
  return {
    cache: () => wrap({ ...shared, close: async () => {} }),
    elapse: (ms) => clock.advance(ms),
    dispose: () => shared.close(),
  }
}

/** The tests of the cache suite over memory, broken or sound. */
export const cacheTests = (fault: CacheFault | null): readonly RecordedTest[] => {
  const { runner, tests } = recordingRunner()
  cacheConformance({ name: 'memory', runner, open: async () => memoryInstallation(fault?.wrap()) })
  return tests
}
