import type { Leases } from '../ports/cache.ts'
import type { Collection, CollectionDefinition, Commit, Stored } from '../ports/collections.ts'
import type { Version } from '../ports/identity.ts'
import type { StorageDriver } from '../ports/storage.ts'

/** Who holds a lease, until when by the storage's clock, for how long it was asked, and since which change of holder. */
export interface Lease {
  readonly holder: string | null
  readonly until: number
  readonly ttlMs: number
  readonly fence: number
}

/** The collection that leases live in; it belongs in the plan the storage is connected with. Its records are never deleted: fences outlive leases. */
export const leaseDefinition: CollectionDefinition<Lease> = {
  name: 'core.leases',
  parse: (raw) => raw as Lease,
  indexes: {},
}

/** Where leases are kept. */
export interface StorageLeasesOptions {
  /** Connected, with `leaseDefinition` in its plan. */
  readonly storage: Pick<StorageDriver, 'collection' | 'commit' | 'ping'>
  /** Names each write. @default `crypto.randomUUID` */
  readonly randomId?: () => string
}

/** Leases that can be taken from whoever holds them: for a person who knows that the holder is gone. */
export interface SeizableLeases extends Leases {
  /** As `acquire`, also where another holds it: its fence is below the new one's. */
  seize(name: string, holder: string, ttlMs: number): Promise<{ readonly fence: number }>
}

/** Leases belong to the installation, not to a team. */
const installation = { team: '' } as const

/**
 * Leases over a collection. Time is the storage's, so that neither a skewed nor a stepping clock of one process steals a lease from another.
 * A fence is the storage's time of the change of holder, or one more than the last: it grows even over a wiped store.
 *
 * @example
 * const lease = await storageLeases({ storage }).acquire('evaluate:0', instanceId, 15_000)
 */
export const storageLeases = ({ storage, randomId = () => crypto.randomUUID() }: StorageLeasesOptions): SeizableLeases => {
  let collection: Collection<Lease> | null = null

  const load = async (name: string): Promise<Stored<Lease> | null> => {
    collection ??= storage.collection(leaseDefinition)
    const [stored] = await collection.load(installation, [name])
    return stored ?? null
  }

  const replace = async (name: string, expected: Version | null, at: number, value: Lease): Promise<boolean> => {
    const write = { store: leaseDefinition.name, id: name, team: installation.team, expected, writeId: randomId(), at, value }
    const then: Commit['then'] = []
    const [outcome] = await storage.commit([{ write, then }])
    return outcome?.ok === true
  }

  const take = async (name: string, decide: (lease: Lease | null, now: number) => Lease | null): Promise<Lease | null> => {
    while (true) {
      const [stored, { serverTime }] = await Promise.all([load(name), storage.ping()])
      const next = decide(stored?.value ?? null, serverTime)
      if (next === null) return null
      if (await replace(name, stored?.version ?? null, serverTime, next)) return next
      // A lost race: whoever won may be this very holder, prolonging twice at once. Every round one racer wins, so this ends.
    }
  }

  return {
    acquire: (name, holder, ttlMs) => take(name, (lease, now) => decideLease(lease, { holder, ttlMs, now })),

    seize: async (name, holder, ttlMs) => {
      const seized = await take(name, (lease, now) => grant(lease, { holder, ttlMs, now }))
      return seized as Lease
    },

    release: async (name, holder) => {
      const [stored, { serverTime }] = await Promise.all([load(name), storage.ping()])
      if (stored === null || stored.value.holder !== holder) return
      // A lost race means that it has just become another's: nothing is left to release.
      await replace(name, stored.version, serverTime, { ...stored.value, holder: null, until: 0, ttlMs: 0 })
    },
  }
}

interface LeaseRequest {
  readonly holder: string
  readonly ttlMs: number
  readonly now: number
}

/** The lease after the holder asked for it, or null while it is another's. */
const decideLease = (lease: Lease | null, request: LeaseRequest): Lease | null => {
  const isAnothers = lease !== null && lease.holder !== null && lease.holder !== request.holder
  return isAnothers && isHeld(lease, request.now) ? null : grant(lease, request)
}

const grant = (lease: Lease | null, { holder, ttlMs, now }: LeaseRequest): Lease => {
  // Also where it ran out: nobody else has held it since, so its fence still stands for this holder.
  if (lease?.holder === holder) return { ...lease, until: now + ttlMs, ttlMs }
  return { holder, until: now + ttlMs, ttlMs, fence: Math.max((lease?.fence ?? 0) + 1, Math.floor(now)) }
}

/** More time left than was ever asked for: the storage's clock was set back, and the lease would outlive its holder by as much. */
const isHeld = ({ until, ttlMs }: Lease, now: number): boolean => until > now && until - now <= ttlMs
