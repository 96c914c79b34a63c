import { leaseDefinition, memoryStorage, memoryStore, storageLeases } from '@sightline/core'
import type { Leases } from '@sightline/core/ports'
import { testClock } from '@sightline/core/testing'
import { type LeasesSubject, leasesConformance } from '../../src/index.ts'
import { pause } from './fault.ts'
import { type RecordedTest, recordingRunner } from './recording-runner.ts'

export interface LeaseFault {
  readonly breaks: string
  readonly noticedBy: readonly string[]
  /** Called once an installation. */
  readonly wrap: () => (leases: Leases) => Leases
}

const held = (...titles: readonly string[]): readonly string[] => titles.map((title) => `holding: ${title}`)
const fenced = (...titles: readonly string[]): readonly string[] => titles.map((title) => `fences: ${title}`)
const raced = (...titles: readonly string[]): readonly string[] => titles.map((title) => `races: ${title}`)

const broken = (breaks: string, noticedBy: readonly string[], change: (leases: Leases) => Partial<Leases>): LeaseFault => ({
  breaks,
  noticedBy,
  wrap: () => (leases) => ({ ...leases, ...change(leases) }),
})

const oneHolder = 'one holder at a time'
const keeps = 'acquiring what one holds keeps its fence and prolongs it'
const runsOut = 'a lease runs out'
const free = 'a released lease is free at once'
const anothers = "releasing another's lease, or none, does nothing"
const lateRelease = 'a late release of a lost lease does not free its successor’s'
const names = 'names are leases of their own'
const holders = 'holders are who they are, to the character'
const everyChange = 'fences grow with every change of holder'
const restart = 'fences grow over a restart of every process'
const back = 'a holder that comes back never gets a lower fence'
const racers = 'of racers for a free lease exactly one gets it'
const several = 'a holder that asks several times at once holds it'
const noTwo = 'no two ever hold one lease with one fence'

export const leaseFaults: readonly LeaseFault[] = [
  {
    breaks: 'everybody gets the lease',
    noticedBy: [...held(oneHolder, keeps, anothers, names, holders), ...raced(racers)],
    wrap: () => {
      let fence = 0
      return () => ({ acquire: async () => ({ fence: ++fence }), release: async () => {} })
    },
  },
  {
    breaks: 'leases are of one process',
    noticedBy: [...held(oneHolder), ...raced(racers)],
    wrap: () => {
      let processes = 0
      return (leases) => {
        const own = ++processes
        return {
          acquire: (name, holder, ttlMs) => leases.acquire(`${own}:${name}`, holder, ttlMs),
          release: (name, holder) => leases.release(`${own}:${name}`, holder),
        }
      }
    },
  },
  broken('a lease is not prolonged', held(keeps), (leases) => {
    const mine = new Map<string, { readonly fence: number }>()
    return {
      acquire: async (name, holder, ttlMs) => {
        const known = mine.get(name + holder)
        const lease = known ?? (await leases.acquire(name, holder, ttlMs))
        if (lease !== null) mine.set(name + holder, lease)
        return lease
      },
    }
  }),
  {
    breaks: 'prolonging makes a new fence',
    noticedBy: [...held(keeps), ...raced(several)],
    wrap: () => {
      let more = 0
      return (leases) => ({
        ...leases,
        acquire: async (name, holder, ttlMs) => {
          const lease = await leases.acquire(name, holder, ttlMs)
          return lease === null ? null : { fence: lease.fence + ++more }
        },
      })
    },
  },
  broken('a lease never runs out', [...held(runsOut, lateRelease), ...raced(racers)], (leases) => ({
    acquire: (name, holder) => leases.acquire(name, holder, 1e12),
  })),
  broken('a release is left to time', [...held(free), ...raced(racers)], () => ({ release: async () => {} })),
  {
    breaks: 'anybody may release a lease',
    noticedBy: held(anothers, lateRelease),
    wrap: () => {
      const owners = new Map<string, string>()
      return (leases) => ({
        acquire: async (name, holder, ttlMs) => {
          const lease = await leases.acquire(name, holder, ttlMs)
          if (lease !== null) owners.set(name, holder)
          return lease
        },
        release: (name) => leases.release(name, owners.get(name) ?? ''),
      })
    },
  },
  broken('releasing what nobody holds is an error', held(anothers), (leases) => {
    const known = new Set<string>()
    return {
      acquire: (name, holder, ttlMs) => {
        known.add(name)
        return leases.acquire(name, holder, ttlMs)
      },
      release: async (name, holder) => {
        if (!known.has(name)) throw new Error('unknown lease')
        return leases.release(name, holder)
      },
    }
  }),
  broken('names are compared without case', held(names), (leases) => ({
    acquire: (name, holder, ttlMs) => leases.acquire(name.toLowerCase(), holder, ttlMs),
  })),
  broken('spaces at the end of a holder are nothing', held(holders), (leases) => ({
    acquire: (name, holder, ttlMs) => leases.acquire(name, holder.trim(), ttlMs),
  })),
  broken(
    'every fence is the same',
    [...held(runsOut, free), ...fenced(everyChange, restart, back), ...raced(noTwo)],
    (leases) => ({
      acquire: async (name, holder, ttlMs) => ((await leases.acquire(name, holder, ttlMs)) === null ? null : { fence: 1 }),
    }),
  ),
  {
    breaks: 'fences begin anew with every process',
    noticedBy: fenced(restart),
    wrap: () => (leases) => {
      let fence = 0
      let last: string | null = null
      return {
        ...leases,
        acquire: async (name, holder, ttlMs) => {
          const lease = await leases.acquire(name, holder, ttlMs)
          if (lease === null) return null
          if (last !== holder) fence++
          last = holder
          return { fence }
        },
        release: async (name, holder) => {
          last = null
          return leases.release(name, holder)
        },
      }
    },
  },
  {
    breaks: 'a holder that comes back gets its first fence',
    noticedBy: fenced(back, everyChange),
    wrap: () => {
      const first = new Map<string, number>()
      return (leases) => ({
        ...leases,
        acquire: async (name, holder, ttlMs) => {
          const lease = await leases.acquire(name, holder, ttlMs)
          if (lease === null) return null
          const key = JSON.stringify([name, holder])
          first.set(key, first.get(key) ?? lease.fence)
          return { fence: first.get(key) ?? 0 }
        },
      })
    },
  },
  {
    breaks: 'looking and taking are two steps: two racers get it',
    noticedBy: raced(racers),
    wrap: () => {
      const taken = new Map<string, string>()
      let fence = 0
      return () => ({
        acquire: async (name, holder) => {
          const owner = taken.get(name)
          await pause()
          if (owner !== undefined && owner !== holder) return null
          taken.set(name, holder)
          return { fence: ++fence }
        },
        release: async (name) => void taken.delete(name),
      })
    },
  },
  broken('a holder that asks twice at once is told that another holds it', raced(several), (leases) => {
    let isAsking = false
    return {
      acquire: async (name, holder, ttlMs) => {
        if (isAsking) return null
        isAsking = true
        await pause()
        isAsking = false
        return leases.acquire(name, holder, ttlMs)
      },
    }
  }),
]

const plan = { collections: [leaseDefinition], format: { writes: 1, reads: 1 } }

/** Leases over one store in memory. */
const memoryInstallation = (wrap: (leases: Leases) => Leases = (leases) => leases): LeasesSubject => {
  const store = memoryStore()
  const clock = testClock()
  return {
    leases: async () => {
      const storage = memoryStorage({ store, clock })
      await storage.connect(plan)
      return wrap(storageLeases({ storage }))
    },
    elapse: (ms) => clock.advance(ms),
    dispose: async () => {},
  }
}

/** The tests of the leases suite over memory, broken or sound. */
export const leaseTests = (fault: LeaseFault | null): readonly RecordedTest[] => {
  const { runner, tests } = recordingRunner()
  leasesConformance({ name: 'memory', runner, open: async () => memoryInstallation(fault?.wrap()) })
  return tests
}
